import Ledger
import Plan
import Syscalls
import Testbed

/// A state directory of a test's own.
struct Fixture {
    private let temporary: TemporaryDirectory
    let path: String

    init() throws {
        temporary = try TemporaryDirectory()
        path = temporary.path + "/state"
    }

    func open(boot: String = "boot-1") throws(LedgerError) -> LedgerStore {
        try LedgerStore(directory: path, boot: boot)
    }

    var file: String { path + "/ledger.db" }

    /// Bytes of the database; not of its log.
    func size() throws -> UInt64 { try FileStatus(path: file).size }

    /// Replaces the database, which nobody may have open, by these bytes.
    func write(_ bytes: [UInt8]) throws {
        try Syscalls.open(file, [.writeOnly, .create, .truncate], mode: 0o600).writeAll(bytes)
    }
}

func project(_ name: String) throws -> ProjectName { try ProjectName(name) }
func workload(_ name: String) throws -> WorkloadName { try WorkloadName(name) }

/// A run of shop's web that was just intended.
func run(
    _ number: UInt64, of name: String = "shop", kind: RunRow.Kind = .task, token: String = ""
) throws -> RunRow {
    RunRow(
        id: RunID(rawValue: number), project: try project(name), workload: try workload("web"),
        kind: kind, command: ["/usr/bin/true", "", "a b"], token: token, actor: 1_000,
        startedAt: Int64(number) * 1_000)
}
