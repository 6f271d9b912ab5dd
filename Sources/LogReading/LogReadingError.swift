public import Plan
public import Syscalls

/// Why no lines can be read.
public enum LogReadingError: Error, Hashable, Sendable {
    /// There are no journal files, or none that we may read.
    case noJournal
    /// The group that may read the journal does not exist.
    case noGroup(String)
    /// A function of sd-journal(3).
    case journal(call: String, errno: Errno)
    case system(SystemCallError)
}

extension LogReadingError: Diagnosable {
    public var message: String {
        switch self {
        case .noJournal: "there is no journal to read from"
        case .noGroup(let name): "the journal cannot be read: there is no group \(quoted(name))"
        case .journal(let call, let errno): "the journal cannot be read: \(call): \(errno)"
        case .system(let error): "the journal cannot be read: \(error)"
        }
    }

    public var hint: String? {
        switch self {
        case .noJournal:
            "see whether journald runs and keeps what it gets: systemctl status systemd-journald; "
                + "Storage= in journald.conf(5)"
        case .noGroup: "systemd's own sysusers make it: systemd-sysusers"
        case .journal, .system: nil
        }
    }
}
