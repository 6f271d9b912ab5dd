internal import CLinux

/// A mount, or a tree of them, that is attached nowhere: it vanishes when its last descriptor is
/// closed, so a launch that fails leaves none behind. open_tree(2), fsmount(2).
public struct DetachedMount: ~Copyable, Sendable {
    public let descriptor: FileDescriptor

    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    /// A copy of what is mounted at the file with this descriptor and, unless it is said otherwise,
    /// below it. The corresponding call is open_tree(2) with `OPEN_TREE_CLONE` and `AT_RECURSIVE`.
    public init(
        cloning file: borrowing FileDescriptor, path: String, withMountsBelow: Bool = true
    ) throws(SystemCallError) {
        let number = file.number
        // AT_RECURSIVE
        let recursive: UInt32 = withMountsBelow ? 0x8000 : 0
        descriptor = FileDescriptor(
            owning: CInt(
                try checked("open_tree", on: path) {
                    // OPEN_TREE_CLONE | O_CLOEXEC | AT_EMPTY_PATH
                    bh_open_tree(number, "", 1 | 0o2000000 | 0x1000 | recursive)
                }))
    }

    /// A new tmpfs. The corresponding calls are fsopen(2), fsconfig(2) and fsmount(2).
    public init(
        tmpfs options: [(String, String)], attributes: MountAttributes
    ) throws(SystemCallError) {
        let context = FileDescriptor(
            owning: CInt(try checked("fsopen", on: "tmpfs") { bh_fsopen("tmpfs", 1) }))
        let number = context.number
        for (key, value) in options {
            try checked("fsconfig \(key)=\(value)", on: "tmpfs") {
                bh_fsconfig_string(number, key, value)
            }
        }
        try checked("fsconfig", on: "tmpfs") { bh_fsconfig_create(number) }
        descriptor = FileDescriptor(
            owning: CInt(
                try checked("fsmount", on: "tmpfs") {
                    bh_fsmount(number, 1, UInt32(attributes.rawValue))
                }))
    }

    /// Gives its descriptor away: the tree lives on with that.
    public consuming func intoDescriptor() -> FileDescriptor { descriptor }

    /// Sets attributes on every mount of the tree, cuts it off from the propagation of the mounts
    /// it was copied from, and, with a user namespace, shows its files' owners through that
    /// namespace's id maps. The corresponding call is mount_setattr(2).
    public func set(
        _ attributes: MountAttributes, idMapped userNamespace: CInt? = nil, path: String
    ) throws(SystemCallError) {
        let number = descriptor.number
        let idMap: UInt64 = userNamespace == nil ? 0 : 0x100000
        try checked("mount_setattr", on: path) {
            bh_mount_setattr(
                number, 0x8000, attributes.rawValue | idMap, 0, userNamespace ?? -1)
        }
    }
}

/// mount_setattr(2), fsmount(2).
public struct MountAttributes: OptionSet, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let readOnly = MountAttributes(rawValue: 0x1)
    public static let noSetUserID = MountAttributes(rawValue: 0x2)
    public static let noDevices = MountAttributes(rawValue: 0x4)
    public static let noExecute = MountAttributes(rawValue: 0x8)
}
