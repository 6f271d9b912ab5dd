/// What the kernel does with a system call: seccomp(2), `SECCOMP_RET_*`.
///
/// Only actions that need nobody outside the process: a tracer or a listener would have to be there
/// before the first call, and a filter that waits for one fails open or hangs.
public enum Action: Hashable, Sendable {
    case allow
    /// Allowed, and written to the kernel's audit log.
    case log
    /// The call fails with this errno(3), 1 to 4,095.
    case errno(UInt16)
    /// SIGSYS, which a handler may catch.
    case trap
    case killThread
    case killProcess

    /// Lets the call happen.
    public var allows: Bool {
        switch self {
        case .allow, .log: true
        case .errno, .trap, .killThread, .killProcess: false
        }
    }

    /// The filter's return value: linux/seccomp.h.
    var code: UInt32 {
        switch self {
        case .allow: 0x7fff_0000
        case .log: 0x7ffc_0000
        case .errno(let number): 0x0005_0000 | UInt32(number)
        case .trap: 0x0003_0000
        case .killThread: 0
        case .killProcess: 0x8000_0000
        }
    }

    /// As the OCI runtime specification spells it, without the error number.
    var ociName: String {
        switch self {
        case .allow: "SCMP_ACT_ALLOW"
        case .log: "SCMP_ACT_LOG"
        case .errno: "SCMP_ACT_ERRNO"
        case .trap: "SCMP_ACT_TRAP"
        case .killThread: "SCMP_ACT_KILL_THREAD"
        case .killProcess: "SCMP_ACT_KILL_PROCESS"
        }
    }
}

/// The stricter first, as the kernel ranks the answers of several filters; of two error numbers the
/// lower.
extension Action: Comparable {
    public static func < (left: Action, right: Action) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .killProcess: 0
        case .killThread: 1
        case .trap: 2
        case .errno(let number): 3 + Int(number)
        case .log: 10_000
        case .allow: 10_001
        }
    }
}

extension Action: CustomStringConvertible {
    /// For a reader: `allow`, `EPERM`, `kill process`.
    public var description: String {
        switch self {
        case .allow: "allow"
        case .log: "allow and log"
        case .errno(let number): errorName(number)
        case .trap: "SIGSYS"
        case .killThread: "kill thread"
        case .killProcess: "kill process"
        }
    }
}

/// The symbol of an error number where filters commonly use it.
private func errorName(_ number: UInt16) -> String {
    switch number {
    case 1: "EPERM"
    case 13: "EACCES"
    case 22: "EINVAL"
    case 25: "ENOTTY"
    case 38: "ENOSYS"
    case 95: "EOPNOTSUPP"
    case 97: "EAFNOSUPPORT"
    default: "error \(number)"
    }
}
