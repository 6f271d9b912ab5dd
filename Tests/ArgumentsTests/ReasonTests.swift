import Arguments
import Plan
import Testing

/// `--reason` of the commands that change something.
@Suite struct ReasonTests {
    private func reason(_ words: String, _ text: String) throws -> String? {
        let words = words.split(separator: " ").map(String.init)
        let place = words.firstIndex(of: "HERE") ?? words.count
        let rest = words.dropFirst(place + 1)
        let arguments = Array(words[..<place]) + ["--reason", text] + rest
        guard case .supervisor(let arguments) = try parse(arguments) else { return nil }
        return arguments.reason?.text
    }

    private static let changing = [
        "start shop", "stop shop/web", "restart shop", "pause shop", "resume shop",
        "maintain shop", "archive shop", "remove shop", "register shop .", "discover --yes",
        "exec shop HERE true", "run -p shop HERE -- true", "kill shop", "attach shop",
        "commit shop", "discard shop file", "snapshot create shop", "snapshot restore shop x",
        "snapshot remove shop x", "rescue HERE shop", "config apply", "config rollback 3",
        "schedule strategy dynamic", "optimize", "quota set shop --memory 1G",
    ]

    @Test(arguments: changing) func whatChangesSomethingTakesIt(words: String) throws {
        #expect(try reason(words, "the disk is full; see 17") == "the disk is full; see 17")
    }

    @Test(arguments: [
        "projects", "status", "ps", "runs", "logs", "watch", "storage", "diff shop",
        "config diff", "config check", "config history", "schedule show", "schedule history",
        "schedule samples", "snapshot list shop", "discover", "why shop", "queue",
    ]) func whatChangesNothingRefusesIt(words: String) throws {
        #expect(throws: ArgumentsError.self) { try reason(words, "because") }
        #expect(throws: Never.self) {
            try parse(words.split(separator: " ").map(String.init))
        }
    }

    @Test func whereNothingIsSaidThereIsNone() throws {
        guard case .supervisor(let arguments) = try parse(["stop", "shop"]) else {
            throw NotRun(invocation: .usage)
        }
        #expect(arguments.reason == nil)
    }

    @Test(arguments: ["stop shop", "exec shop HERE true", "run -p shop HERE -- true"])
    func itHasAtMost1024Bytes(words: String) throws {
        // Two bytes each.
        let most = String(repeating: "ß", count: 512)
        #expect(try reason(words, most) == most)
        let error = try #require(
            #expect(throws: ArgumentsError.self) { try reason(words, most + "s") })
        #expect(error.message == "--reason \(quoted(most + "s")): is longer than 1024 bytes")
    }

    @Test func outsideOfAProjectNobodyAsksForIt() throws {
        #expect(throws: ArgumentsError.self) {
            try parse(["run", "--reason", "because", "--", "true"])
        }
    }
}
