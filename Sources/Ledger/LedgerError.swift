public import Plan
public import Syscalls

/// Why the ledger could not be opened, read or written. A change that failed has changed nothing.
public enum LedgerError: Error, Hashable, Sendable {
    /// Another supervisor has this directory's ledger open.
    case inUse(directory: String)
    /// The directory or the file is not one that only root could have put there.
    case untrusted(path: String, reason: String)
    /// A later version of Bulkhead has written it.
    case newer(path: String, found: Int, known: Int)
    /// It is a database, but somebody else's.
    case foreign(path: String)
    case corrupt(path: String, detail: String)
    /// No room on the file system.
    case full(path: String)
    case readOnly(path: String)
    /// A number or name that must be there once is there already.
    case conflict(String)
    case notFound(String)
    /// More than the ledger takes of one thing.
    case tooLarge(String, count: Int, limit: Int)
    /// SQLite's word for anything else, with the kernel's where there is one.
    case failed(path: String, detail: String, errno: Errno?)
    case system(SystemCallError)
}

extension LedgerError: Diagnosable {
    public var message: String {
        switch self {
        case .inUse(let directory):
            "another supervisor uses the state in \(quoted(directory))"
        case .untrusted(let path, let reason):
            "the ledger \(quoted(path)) is not to be trusted: \(reason)"
        case .newer(let path, let found, let known):
            "the ledger \(quoted(path)) has version \(found), this program knows up to \(known)"
        case .foreign(let path):
            "\(quoted(path)) is a database, but no ledger of Bulkhead's"
        case .corrupt(let path, let detail):
            "the ledger \(quoted(path)) is damaged: \(printable(detail))"
        case .full(let path):
            "there is no room for the ledger \(quoted(path))"
        case .readOnly(let path):
            "the ledger \(quoted(path)) cannot be written"
        case .conflict(let what): "the ledger has \(printable(what)) already"
        case .notFound(let what): "the ledger has no \(printable(what))"
        case .tooLarge(let what, let count, let limit):
            "\(printable(what)) has \(count), the ledger takes at most \(limit)"
        case .failed(let path, let detail, let errno):
            "the ledger \(quoted(path)): \(printable(detail))"
                + (errno.map { ": \($0)" } ?? "")
        case .system(let error): "the ledger: \(error)"
        }
    }

    public var hint: String? {
        switch self {
        case .inUse:
            "only one bulkheadd may run: systemctl status bulkhead.service; "
                + "give a second one a directory of its own by --state"
        case .untrusted:
            "the directory and what is in it must be root's, plain, and written by root alone; "
                + "look who changed it before you start again"
        case .newer: "install the version of Bulkhead that wrote it, or a later one"
        case .foreign: "move it away, or give another directory by --state"
        case .corrupt(let path, _):
            "nothing was deleted; copy the directory, then try: sqlite3 \(path) .recover; with the "
                + "file and its -wal moved away, bulkheadd starts with a new one"
        case .full: "make room there: what waits to be written is tried again all the while"
        case .readOnly: "see whether its file system is mounted read-only, and why: dmesg"
        case .conflict, .notFound, .tooLarge, .failed, .system: nil
        }
    }
}
