/// The supervisor's durable state: one SQLite database that one process has open.
///
/// Everything is read from here; everything is changed in a `transaction`. What a transaction
/// acknowledges is kept as its `Durability` says, and what it refuses has changed nothing.
public final class LedgerStore {
    /// The kernel's boot_id: times of CLOCK_MONOTONIC that were stored under another one mean
    /// nothing now, and are not given back.
    public let boot: String
    /// Called after a transaction that added to the audit trail, with what it added.
    public var whenAudited: (([StoredAuditRecord]) -> Void)?
    let connection: Connection
    var chain: AuditChain

    /// Opens the ledger in `directory`, or makes one; brings an older one to this version.
    ///
    /// - Parameter boot: what /proc/sys/kernel/random/boot_id says.
    public init(directory: String, boot: String) throws(LedgerError) {
        let state = try StateDirectory(directory)
        let connection = try Connection(path: state.file)
        try Self.configure(connection)
        let version = try Schema.version(of: connection)
        try Self.examine(connection)
        try Schema.migrate(connection, from: version)
        chain = try Self.auditChain(in: connection)
        self.boot = boot
        self.connection = connection
    }

    /// Makes the changes of `body`, all of them or none.
    ///
    /// A change that fails fails the transaction, also where `body` goes on after it.
    public func transaction<Result>(
        _ durability: Durability = .power,
        _ body: (borrowing LedgerChanges) throws(LedgerError) -> Result
    ) throws(LedgerError) -> Result {
        let boot = boot
        let connection = connection
        let chain = chain
        chain.beginTransaction()
        let result: Result
        do throws(LedgerError) {
            result = try connection.transaction(durability) { () throws(LedgerError) in
                try body(LedgerChanges(connection: connection, boot: boot, chain: chain))
            }
        } catch {
            chain.undoTransaction()
            throw error
        }
        if !chain.added.isEmpty { whenAudited?(chain.added) }
        return result
    }

    private static func configure(_ connection: Connection) throws(LedgerError) {
        // Exclusive before the first read: from that on nobody else can open it, and the index of the
        // log is in our memory and not in a file that others share. It is a lock of the process
        // (fcntl_locking(2)), so it ends with us: a child that outlives us and has our descriptors
        // would keep one of flock(2).
        try connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        try connection.execute("PRAGMA cell_size_check=ON")
        try connection.execute("PRAGMA foreign_keys=ON")
        try connection.execute("PRAGMA temp_store=MEMORY")
        // KiB of pages kept in memory.
        try connection.execute("PRAGMA cache_size=-1024")
    }

    /// Looks whether it is sound before anything is written to it.
    private static func examine(_ connection: Connection) throws(LedgerError) {
        let finding = try connection.first("PRAGMA quick_check(1)") { row in row.text(0) }
        if let finding, finding != "ok" {
            throw .corrupt(path: connection.path, detail: finding)
        }
        let mode = try connection.first("PRAGMA journal_mode=WAL") { row in row.text(0) }
        if mode != "wal" {
            throw .failed(
                path: connection.path, detail: "no write-ahead log is possible there", errno: nil)
        }
        // A log that once had to grow is cut to this when it begins anew.
        try connection.execute("PRAGMA journal_size_limit=4194304")
    }
}
