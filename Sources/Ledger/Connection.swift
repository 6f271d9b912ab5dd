internal import CSQLite
internal import Plan
internal import Syscalls

/// One connection to one SQLite database, and the statements it has prepared.
///
/// Statements are literals of this module, so no text from outside is ever SQL.
final class Connection {
    let path: String
    private let handle: OpaquePointer
    /// By the address of the literal.
    private var statements: [UnsafePointer<UInt8>: OpaquePointer] = [:]
    private var isInTransaction = false
    /// What went wrong first in the open transaction: nothing else may happen in it then. SQLite
    /// ends some failed transactions by itself, and a statement after that would stand alone.
    private var failure: LedgerError?
    private var synchronization: Durability?

    /// A supervisor that was killed in the middle of a launch leaves a child behind that shares its
    /// descriptors and so its locks, until it notices: milliseconds, or a while on a busy machine.
    private static let patienceMilliseconds: CInt = 5_000

    /// Opens an existing file that may be empty.
    init(path: String) throws(LedgerError) {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW
        let status = sqlite3_open_v2(path, &handle, flags, nil)
        guard let handle else {
            throw .failed(path: path, detail: "out of memory", errno: nil)
        }
        self.path = path
        self.handle = handle
        if status == SQLITE_OK {
            sqlite3_extended_result_codes(handle, 1)
            sqlite3_busy_timeout(handle, Self.patienceMilliseconds)
            try check(bh_sqlite_defend(handle))
            if sqlite3_db_readonly(handle, "main") == 1 { throw .readOnly(path: path) }
        } else {
            throw error(status)
        }
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        // Also writes the log back into the file, where it can; else the next start reads the log.
        sqlite3_close(handle)
    }

    /// Runs statements that give no rows and take no values.
    func execute(_ sql: StaticString) throws(LedgerError) {
        try check(sqlite3_exec(handle, sql.cString, nil, nil, nil))
    }

    /// Runs a statement that gives no rows, or none that matter.
    func run(_ sql: StaticString, _ values: Value...) throws(LedgerError) {
        try step(sql, values) { _ throws(LedgerError) in }
    }

    /// The first row's answer; nil where there is none.
    func first<Result>(
        _ sql: StaticString, _ values: Value..., as body: (Row) throws(LedgerError) -> Result
    ) throws(LedgerError) -> Result? {
        var result: Result?
        try step(sql, values) { row throws(LedgerError) in
            if result == nil { result = try body(row) }
        }
        return result
    }

    /// An answer for each row. No statement may run in `body`.
    func all<Result>(
        _ sql: StaticString, _ values: Value..., as body: (Row) throws(LedgerError) -> Result
    ) throws(LedgerError) -> [Result] {
        var result: [Result] = []
        try step(sql, values) { row throws(LedgerError) in result.append(try body(row)) }
        return result
    }

    /// How many rows the last statement changed.
    var changeCount: Int { Int(sqlite3_changes64(handle)) }

    /// Everything in `body`, or nothing of it.
    func transaction<Result>(
        _ durability: Durability, _ body: () throws(LedgerError) -> Result
    ) throws(LedgerError) -> Result {
        precondition(!isInTransaction, "a transaction within a transaction")
        try synchronize(durability)
        try run("BEGIN IMMEDIATE")
        isInTransaction = true
        defer {
            isInTransaction = false
            failure = nil
            // The second way to fail changes nothing: what is not committed is gone with the lock.
            if sqlite3_get_autocommit(handle) == 0 { try? run("ROLLBACK") }
        }
        let result: Result
        do throws(LedgerError) { result = try body() } catch {
            failure = nil
            throw error
        }
        try run("COMMIT")
        return result
    }

    /// The pragma acts when it is compiled, so it cannot be prepared once.
    private func synchronize(_ durability: Durability) throws(LedgerError) {
        if synchronization == durability { return }
        switch durability {
        case .power: try execute("PRAGMA synchronous=FULL")
        case .process: try execute("PRAGMA synchronous=NORMAL")
        }
        synchronization = durability
    }

    private func step(
        _ sql: StaticString, _ values: [Value], _ body: (Row) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        if let failure { throw failure }
        do throws(LedgerError) {
            let statement = try prepared(sql)
            defer {
                // Tells the last step's failure once more.
                _ = sqlite3_reset(statement)
                _ = sqlite3_clear_bindings(statement)
            }
            for (index, value) in values.enumerated() {
                try check(value.bind(to: statement, at: CInt(index + 1)))
            }
            while true {
                switch sqlite3_step(statement) {
                case SQLITE_ROW: try body(Row(statement: statement, path: path))
                case SQLITE_DONE: return
                case let status: throw self.error(status)
                }
            }
        } catch {
            if isInTransaction { failure = error }
            throw error
        }
    }

    private func prepared(_ sql: StaticString) throws(LedgerError) -> OpaquePointer {
        if let statement = statements[sql.utf8Start] { return statement }
        var statement: OpaquePointer?
        try check(
            sqlite3_prepare_v3(
                handle, sql.cString, CInt(sql.utf8CodeUnitCount),
                CUnsignedInt(SQLITE_PREPARE_PERSISTENT), &statement, nil))
        guard let statement else { throw .failed(path: path, detail: "empty SQL", errno: nil) }
        statements[sql.utf8Start] = statement
        return statement
    }

    private func check(_ status: CInt) throws(LedgerError) {
        if status != SQLITE_OK { throw error(status) }
    }

    /// What a result code means: https://www.sqlite.org/rescode.html.
    private func error(_ status: CInt) -> LedgerError {
        let detail = String(cString: sqlite3_errmsg(handle))
        let number = sqlite3_system_errno(handle)
        let errno = number == 0 ? nil : Errno(rawValue: number)
        switch status & 0xff {
        case SQLITE_FULL: return .full(path: path)
        case SQLITE_READONLY: return .readOnly(path: path)
        case SQLITE_CORRUPT, SQLITE_NOTADB: return .corrupt(path: path, detail: detail)
        case SQLITE_BUSY, SQLITE_LOCKED: return .inUse(directory: directoryPart(of: path))
        case SQLITE_CONSTRAINT: return .conflict(detail)
        case SQLITE_IOERR:
            switch errno {
            case .ENOSPC, .EDQUOT, .EFBIG: return .full(path: path)
            case .EROFS: return .readOnly(path: path)
            default:
                return .failed(path: path, detail: "\(detail) (SQLite's \(status))", errno: errno)
            }
        case SQLITE_CANTOPEN: return .failed(path: path, detail: detail, errno: errno)
        default: return .failed(path: path, detail: detail, errno: nil)
        }
    }
}

/// What stands before the last slash.
private func directoryPart(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return String(path[..<slash])
}

extension StaticString {
    /// Literals end with a NUL that is not counted.
    fileprivate var cString: UnsafePointer<CChar> {
        UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
