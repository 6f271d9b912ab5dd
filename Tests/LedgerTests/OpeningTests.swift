import Plan
import Syscalls
import Testing

@testable import Ledger

struct OpeningTests {
    /// The error of opening the ledger once `change` was made to its directory's parent.
    private func refusal(
        _ fixture: borrowing Fixture, _ change: (borrowing Directory) throws -> Void
    ) throws -> LedgerError? {
        do { _ = try fixture.open() }
        try change(try Directory(opening: String(fixture.path.dropLast("/state".utf8.count))))
        do throws(LedgerError) {
            _ = try fixture.open()
            return nil
        } catch { return error }
    }

    @Test func theFilesAreForTheirOwnerOnly() throws {
        let fixture = try Fixture()
        let ledger = try fixture.open()
        #expect(try FileStatus(path: fixture.path).permissions == 0o700)
        for name in try Directory(opening: fixture.path).names() {
            #expect(try FileStatus(path: "\(fixture.path)/\(name)").permissions == 0o600)
        }
        #expect(ledger.boot == "boot-1")
    }

    @Test func aDirectoryThatOthersMayReadIsClosedToThem() throws {
        let fixture = try Fixture()
        let error = try refusal(fixture) { try $0.setPermissions("state", 0o755) }
        #expect(error == nil)
        #expect(try FileStatus(path: fixture.path).permissions == 0o700)
    }

    @Test func twoNeverShareALedger() throws {
        let fixture = try Fixture()
        let first = try fixture.open()
        #expect(throws: LedgerError.inUse(directory: fixture.path)) { try fixture.open() }
        #expect(try first.projects() == [])
    }

    @Test func whatOthersCouldHavePutThereIsNotTrusted() throws {
        let reason = "others than its owner may write to it"
        for (name, mode, suffix) in [
            ("state", UInt32(0o770), ""), ("state", 0o1777, ""),
            ("state/ledger.db", 0o622, "/ledger.db"),
        ] {
            let fixture = try Fixture()
            let error = try refusal(fixture) { try $0.setPermissions(name, mode) }
            #expect(error == .untrusted(path: fixture.path + suffix, reason: reason))
        }
    }

    @Test(arguments: [("state", ""), ("state/ledger.db", "/ledger.db")])
    func whatBelongsToAnotherUserIsNotTrusted(name: String, suffix: String) throws {
        let fixture = try Fixture()
        let error = try refusal(fixture) { try $0.setOwner(name, user: 1_000, group: 0) }
        #expect(
            error == .untrusted(path: fixture.path + suffix, reason: "it belongs to user 1000"))
    }

    @Test func symbolicLinksAreNotFollowed() throws {
        let fixture = try Fixture()
        let error = try refusal(fixture) { parent in
            try parent.rename("state", to: "elsewhere")
            try parent.makeSymbolicLink("state", to: "elsewhere")
        }
        #expect(
            error
                == .untrusted(
                    path: fixture.path,
                    reason: "a symbolic link or a file is where a directory belongs"))
        let other = try Fixture()
        let fileError = try refusal(other) { parent in
            try parent.rename("state/ledger.db", to: "elsewhere.db")
            try parent.makeSymbolicLink("state/ledger.db", to: "../elsewhere.db")
        }
        #expect(fileError == .untrusted(path: other.file, reason: "it is no regular file"))
    }

    @Test func aDirectoryWhoseParentIsMissingIsNotMade() throws {
        let path = "/tmp/bulkhead-no-such-directory/state"
        let error = #expect(throws: LedgerError.self) {
            try LedgerStore(directory: path, boot: "")
        }
        #expect(
            error
                == .system(
                    SystemCallError("openat2", on: "/tmp/bulkhead-no-such-directory", .ENOENT)))
    }

    @Test func whatIsNoDatabaseIsCorruptAndLeftAlone() throws {
        let fixture = try Fixture()
        let garbage = [UInt8](repeating: 0x5a, count: 8_192)
        let error = try refusal(fixture) { _ in try fixture.write(garbage) }
        #expect(error == .corrupt(path: fixture.file, detail: "file is not a database"))
        #expect(
            error?.hint?.hasPrefix("nothing was deleted; copy the directory, then try: ") == true)
        #expect(try Syscalls.open(fixture.file).readAll(limit: 1 << 20) == garbage)
    }

    @Test func aDamagedPageIsFoundAtTheStart() throws {
        let fixture = try Fixture()
        let rows = try (1...500).map { try run(UInt64($0)) }
        do {
            let ledger = try fixture.open()
            try ledger.transaction { changes throws(LedgerError) in
                for row in rows { try changes.insert(row) }
            }
        }
        let error = try refusal(fixture) { _ in
            var bytes = try Syscalls.open(fixture.file).readAll(limit: 16 << 20)
            // The header of every page but the first: which page is in use, who knows.
            for page in 1..<(bytes.count / 4_096) {
                for index in 0..<64 { bytes[page * 4_096 + index] = 0xa5 }
            }
            try fixture.write(bytes)
        }
        guard case .corrupt(let path, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(path == fixture.file)
    }

    @Test func anotherProgramsDatabaseIsLeftAlone() throws {
        let fixture = try Fixture()
        let error = try refusal(fixture) { _ in
            try fixture.write([])
            try Connection(path: fixture.file).execute("CREATE TABLE somebody (s TEXT)")
        }
        #expect(error == .foreign(path: fixture.file))
        let connection = try Connection(path: fixture.file)
        let mode = try connection.first("PRAGMA journal_mode") { row in row.text(0) }
        #expect(mode == "delete")
    }

    @Test func aNewerLedgerIsRefused() throws {
        let fixture = try Fixture()
        let error = try refusal(fixture) { _ in
            try Connection(path: fixture.file).execute("PRAGMA user_version=6")
        }
        #expect(error == .newer(path: fixture.file, found: 6, known: 5))
        #expect(error?.hint == "install the version of Bulkhead that wrote it, or a later one")
    }

    @Test func anOlderLedgerIsBroughtForwardInOneStep() throws {
        let fixture = try Fixture()
        do { _ = try fixture.open() }
        let connection = try Connection(path: fixture.file)
        let good: StaticString = "CREATE TABLE more (x INTEGER) STRICT; PRAGMA user_version=6"
        let bad: StaticString = "CREATE TABLE third (x INTEGER); CREATE TABLE runs (x)"
        let error = #expect(throws: LedgerError.self) {
            try Schema.migrate(connection, from: 5, by: Schema.migrations + [good, bad])
        }
        #expect(
            error == .failed(path: fixture.file, detail: "table runs already exists", errno: nil))
        #expect(try Schema.version(of: connection) == 5)
        let tables: StaticString = "SELECT count(*) FROM sqlite_schema WHERE name = 'more'"
        #expect(try connection.first(tables) { row in row.integer(0) } == 0)
        try Schema.migrate(connection, from: 5, by: Schema.migrations + [good])
        #expect(try Schema.version(of: connection, known: 6) == 6)
        #expect(try connection.first(tables) { row in row.integer(0) } == 1)
    }

    @Test func whatIsReadIsChecked() throws {
        let fixture = try Fixture()
        let ledger = try fixture.open()
        let row = try run(1)
        try ledger.transaction { changes throws(LedgerError) in try changes.insert(row) }
        try ledger.connection.execute("UPDATE runs SET state = 9")
        #expect(throws: LedgerError.corrupt(path: fixture.file, detail: "the state of run 1")) {
            try ledger.run(row.id)
        }
        try ledger.connection.execute("UPDATE runs SET state = 0, project = '../x'")
        #expect(
            throws: LedgerError.corrupt(path: fixture.file, detail: "a project's name is ../x")
        ) { try ledger.run(row.id) }
        try ledger.connection.execute("UPDATE runs SET project = 'shop', actor = -1")
        #expect(throws: LedgerError.corrupt(path: fixture.file, detail: "a user is -1")) {
            try ledger.run(row.id)
        }
    }

    @Test func everyErrorIsOneLine() {
        let errors: [LedgerError] = [
            .inUse(directory: "/x\n"), .untrusted(path: "/x\n", reason: "it"),
            .foreign(path: "/\n"),
            .newer(path: "/x\n", found: 2, known: 1), .corrupt(path: "/x", detail: "a\nb"),
            .full(path: "\n"), .readOnly(path: "\n"), .conflict("a\n"), .notFound("\n"),
            .tooLarge("x\n", count: 2, limit: 1), .failed(path: "x", detail: "\n", errno: .EIO),
            .system(SystemCallError("open", on: "x", .EIO)),
        ]
        for error in errors {
            #expect(!error.message.contains("\n"))
            #expect(!error.message.hasSuffix("."))
        }
    }
}
