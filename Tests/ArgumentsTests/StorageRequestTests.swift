import Arguments
import Plan
import Testing

@Suite struct StorageRequestTests {
    private static func request(_ line: String) throws -> SupervisorRequest {
        try ask(line.split(separator: " ").map(String.init)).request
    }

    @Test func aCommandLineIsOneRequest() throws {
        let shop = try ProjectName("shop")
        let name = try WorkloadName("before-upgrade")
        let expected: [(String, StorageRequest)] = [
            ("diff shop", .diff(shop)), ("commit shop", .commit(shop, paths: [], force: false)),
            ("commit --force shop a b/c", .commit(shop, paths: ["a", "b/c"], force: true)),
            ("discard shop a", .discard(shop, paths: ["a"])),
            ("discard --yes shop", .discard(shop, paths: [])),
            ("snapshot create shop", .createSnapshot(shop, name: nil)),
            ("snapshot create shop before-upgrade", .createSnapshot(shop, name: name)),
            ("snapshot list shop", .listSnapshots(shop)),
            ("snapshot restore shop before-upgrade", .restoreSnapshot(shop, name: name)),
            ("snapshot remove shop before-upgrade", .removeSnapshot(shop, name: name)),
        ]
        for (line, request) in expected {
            #expect(try Self.request(line) == .storage(request), "\(line)")
        }
    }

    @Test func aRescueIsAShellAtTheTerminalOrTheCommandThatIsGiven() throws {
        guard case .storage(.rescue(let shell)) = try Self.request("rescue shop") else {
            Issue.record("no rescue")
            return
        }
        #expect(shell.command == ["sh"] && shell.terminal && shell.interactive)
        guard
            case .storage(.rescue(let command)) = try Self.request("rescue shop -- rm -r --x cache")
        else {
            Issue.record("no rescue")
            return
        }
        #expect(command.command == ["rm", "-r", "--x", "cache"] && !command.terminal)
    }

    @Test func discardingEverythingTakesAWord() {
        #expect(
            throws: ArgumentsError.contradiction(
                "discard without a path forgets everything that shop has changed",
                remedy: "name paths, or add --yes")
        ) { try Self.request("discard shop") }
    }

    @Test(arguments: [
        "diff", "diff shop more", "commit", "snapshot", "snapshot take shop",
        "snapshot restore shop", "snapshot remove shop", "snapshot list shop more",
        "snapshot create shop ../x", "rescue", "commit SHOP!",
    ])
    func whatIsMissingOrTooMuchIsRefused(line: String) {
        #expect(throws: ArgumentsError.self) { try Self.request(line) }
    }
}
