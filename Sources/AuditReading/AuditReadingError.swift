public import Plan
public import Syscalls

/// Why a trail cannot be read. An entry that is not as it should be is no such error: that is for
/// whoever verifies.
public enum AuditReadingError: Error, Hashable, Sendable {
    /// There are no journal files in this place; nil: on this machine.
    case noJournal(String?)
    /// There is a file that we may not read.
    case notAllowed(String)
    /// A function of sd-journal(3) failed on this place; nil: this machine's journal.
    case journal(String?, call: String, errno: Errno)
    /// An export is not as systemd's "Journal Export Formats" says, from this byte on.
    case damaged(String, offset: UInt64, reason: String)
    case system(SystemCallError)
}

extension AuditReadingError: Diagnosable {
    public var message: String {
        switch self {
        case .noJournal(nil): "there is no journal on this machine to read from"
        case .noJournal(let place?): "there are no journal files in \(quoted(place))"
        case .notAllowed(let path): "the journal cannot be read: no right to read \(quoted(path))"
        case .journal(nil, let call, let errno): "the journal cannot be read: \(call): \(errno)"
        case .journal(let place?, let call, let errno):
            "the journal in \(quoted(place)) cannot be read: \(call): \(errno)"
        case .damaged(let path, let offset, let reason):
            "the export \(quoted(path)) is damaged at byte \(offset): \(reason)"
        case .system(let error): "the journal cannot be read: \(error)"
        }
    }

    public var hint: String? {
        switch self {
        case .noJournal(nil):
            "see whether journald runs and keeps what it gets: systemctl status systemd-journald; "
                + "Storage= in journald.conf(5)"
        case .noJournal:
            "name a directory with files that end in .journal, one such file, or what "
                + "journalctl -o export wrote"
        case .notAllowed: "run it as root, or join the group systemd-journal"
        case .journal(_, _, let errno) where isDamage(errno):
            "the file is damaged; where, says: journalctl --verify --file FILE"
        case .damaged: "make it again with: journalctl -o export"
        case .journal, .system: nil
        }
    }
}

/// EBADMSG and ENODATA: what sd-journal says of a file that is not what it should be.
private func isDamage(_ errno: Errno) -> Bool { errno.rawValue == 74 || errno.rawValue == 61 }
