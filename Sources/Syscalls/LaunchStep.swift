internal import CLinux

/// One step of the child half of a launch: what it does between clone3 and execve. Paths are below
/// the new root, without a leading slash.
public enum LaunchStep: Hashable, Sendable {
    /// User and group 0 of its own user namespace, no other groups.
    case becomeRoot
    /// Killed when its parent dies: prctl(2), `PR_SET_PDEATHSIG`.
    case dieWithParent
    /// A new cgroup namespace, rooted at the cgroup it is in now.
    case leaveCgroupNamespace
    case setHostname(String)
    case setLoopbackUp
    /// A new session keyring: keyrings(7).
    case renewKeyring
    /// Attaches the detached root with this descriptor and works in it from here on.
    case enterRoot(CInt)
    case attach(CInt, at: String)
    case mount(type: String, at: String, flags: MountFlags, options: String)
    case makeReadOnly(String)
    case mask(String)
    /// pivot_root(2), and the host's tree is gone.
    case leaveHost
    /// execveat(2) of init by this descriptor.
    case execute(CInt)

    /// What it does, in words for an error.
    public var label: String {
        switch self {
        case .becomeRoot: "become root of the user namespace"
        case .dieWithParent: "tie it to its parent's life"
        case .leaveCgroupNamespace: "make a cgroup namespace"
        case .setHostname(let name): "set the host name \(name)"
        case .setLoopbackUp: "set the loopback interface up"
        case .renewKeyring: "join a new session keyring"
        case .enterRoot: "attach the new root"
        case .attach(_, let path): "attach /\(path)"
        case .mount(let type, let path, _, _): "mount \(type) at /\(path)"
        case .makeReadOnly(let path): "make /\(path) read-only"
        case .mask(let path): "mask /\(path)"
        case .leaveHost: "leave the host's root"
        case .execute: "execute bulkhead-init"
        }
    }
}

/// mount(2).
public struct MountFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let readOnly = MountFlags(rawValue: 1)
    public static let noSetUserID = MountFlags(rawValue: 2)
    public static let noDevices = MountFlags(rawValue: 4)
    public static let noExecute = MountFlags(rawValue: 8)
}

/// Namespaces to make with the child: clone(2).
public struct NamespaceFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let mount = NamespaceFlags(rawValue: 0x0002_0000)
    public static let hostname = NamespaceFlags(rawValue: 0x0400_0000)
    public static let interprocess = NamespaceFlags(rawValue: 0x0800_0000)
    public static let user = NamespaceFlags(rawValue: 0x1000_0000)
    public static let process = NamespaceFlags(rawValue: 0x2000_0000)
    public static let network = NamespaceFlags(rawValue: 0x4000_0000)

    /// Each with its name, as unshare(1) has it.
    public static let names: [(flag: NamespaceFlags, name: String)] = [
        (.user, "user"), (.mount, "mount"), (.process, "pid"), (.interprocess, "ipc"),
        (.hostname, "uts"), (.network, "net"),
    ]
}
