internal import CLinux

/// Questions about what this kernel can do, each asked by doing it, and leaving nothing behind.
public enum Probe {
    /// Creates a child in these new namespaces, which ends at once. The corresponding call is
    /// clone3(2).
    ///
    /// - Parameters:
    ///   - cgroup: the descriptor of a cgroup v2 directory to create it in.
    ///   - mount: a type of file system for it to mount, and over what.
    public static func child(
        in namespaces: Namespaces, cgroup: CInt? = nil,
        mounting mount: (type: String, at: String)? = nil
    ) throws(SystemCallError) {
        guard let mount else {
            try checked("clone3", on: "a child that ends at once") {
                bh_probe_child(namespaces.rawValue, cgroup ?? -1, nil, nil)
            }
            return
        }
        try checked("mount \(mount.type)", on: mount.at) {
            bh_probe_child(namespaces.rawValue, cgroup ?? -1, mount.type, mount.at)
        }
    }

    /// The kinds of namespaces(7), as clone3(2) names them.
    public struct Namespaces: OptionSet, Sendable {
        public let rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }

        public static let time = Namespaces(rawValue: 0x80)
        public static let mount = Namespaces(rawValue: 0x20000)
        public static let cgroup = Namespaces(rawValue: 0x200_0000)
        public static let uts = Namespaces(rawValue: 0x400_0000)
        public static let ipc = Namespaces(rawValue: 0x800_0000)
        public static let user = Namespaces(rawValue: 0x1000_0000)
        public static let pid = Namespaces(rawValue: 0x2000_0000)
        public static let network = Namespaces(rawValue: 0x4000_0000)
    }

    /// The corresponding call is close_range(2).
    public static func closeRange() throws(SystemCallError) {
        try checked("close_range", on: "no descriptor") { bh_probe_close_range() }
    }

    /// The corresponding call is pidfd_open(2), on this process.
    public static func processDescriptor() throws(SystemCallError) {
        let number = try checked("pidfd_open", on: "this process") {
            bh_pidfd_open(CInt(bh_getpid()))
        }
        _ = FileDescriptor(owning: CInt(number))
    }

    /// The number of Landlock's ABI: landlock(7).
    public static func landlock() throws(SystemCallError) -> Int {
        Int(try checked("landlock_create_ruleset", on: "its version") { bh_probe_landlock() })
    }

    /// Whether a filter may end in this action. The corresponding call is seccomp(2).
    public static func seccomp(_ action: SeccompAction) throws(SystemCallError) {
        try checked("seccomp", on: "\(action)") { bh_probe_seccomp_action(action.rawValue) }
    }

    /// linux/seccomp.h, SECCOMP_RET_*.
    public enum SeccompAction: UInt32, CaseIterable, Sendable {
        case KILL_PROCESS = 0x8000_0000
        case ERRNO = 0x0005_0000
        case ALLOW = 0x7fff_0000
    }

    /// Whether project quota is counted on the file system that holds this file. The corresponding
    /// call is quotactl(2).
    public static func projectQuota(on file: borrowing FileDescriptor) throws(SystemCallError) {
        let number = file.number
        try checked("quotactl_fd", on: "descriptor \(number)") { bh_probe_project_quota(number) }
    }

    /// Whether the owners of the files on the mount that holds this file can be shown through the id
    /// maps of this user namespace. The corresponding calls are open_tree(2) and mount_setattr(2).
    ///
    /// - Parameter recursively: and on all mounts below it.
    public static func ownerMapping(
        on file: borrowing FileDescriptor, through userNamespace: CInt, recursively: Bool
    ) throws(SystemCallError) {
        let number = file.number
        let recursive: UInt32 = recursively ? 0x8000 : 0  // AT_RECURSIVE
        // OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH
        let copy = FileDescriptor(
            owning: CInt(
                try checked("open_tree", on: "descriptor \(number)") {
                    bh_open_tree(number, "", 1 | 0o2000000 | 0x1000 | recursive)
                }))
        try checked("mount_setattr", on: "descriptor \(number)") {
            // MOUNT_ATTR_IDMAP
            bh_mount_setattr(copy.number, recursive, 0x100000, 0, userNamespace)
        }
    }

    /// The corresponding call is keyctl(2).
    public static func keyrings() throws(SystemCallError) {
        try checked("keyctl", on: "the session keyring") { bh_probe_keyrings() }
    }
}
