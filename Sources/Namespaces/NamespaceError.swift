public import Plan
public import Syscalls

/// Why namespaces or ids could not be had.
public enum NamespaceError: Diagnosable, Hashable {
    /// The kernel refused to make the namespaces.
    case refused(SystemCallError)
    /// Every id range is in use.
    case exhausted
    /// The lock on an id range, or the id maps, could not be had.
    case failed(SystemCallError)

    public var message: String {
        switch self {
        case .refused(let error): "cannot make the sandbox's namespaces: \(error)"
        case .exhausted: "all \(IDRange.indices.count) id ranges are in use by sandboxes"
        case .failed(let error): "cannot set up the sandbox's user ids: \(error)"
        }
    }

    public var hint: String? {
        switch self {
        case .refused(let error) where error.errno == .ENOSPC || error.errno == .EUSERS:
            "raise user.max_user_namespaces and its siblings: sysctl -w user.max_user_namespaces=65536"
        case .refused(let error) where error.errno == .EPERM:
            "run as root; inside a container it needs CAP_SYS_ADMIN and a seccomp profile that "
                + "allows clone3 with namespaces"
        case .refused(let error) where error.errno == .EINVAL:
            "the kernel lacks a namespace type or is older than 5.7: see bulkhead doctor"
        case .exhausted: "end a sandbox first"
        case .failed(let error) where error.errno == .EACCES || error.errno == .EPERM: "run as root"
        case .refused, .failed: nil
        }
    }
}
