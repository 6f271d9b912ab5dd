internal import CLinux

extension DetachedMount {
    /// A file system of this type. The corresponding calls are fsopen(2), fsconfig(2) and fsmount(2).
    ///
    /// - Parameter flags: options without a value.
    public init(
        _ type: String, options: [(String, String)], flags: [String] = [],
        attributes: MountAttributes
    ) throws(SystemCallError) {
        let context = FileDescriptor(
            owning: CInt(try checked("fsopen", on: type) { bh_fsopen(type, 1) }))
        let number = context.number
        for (key, value) in options {
            try checked("fsconfig \(key)=\(value)", on: type) {
                bh_fsconfig_string(number, key, value)
            }
        }
        for flag in flags {
            try checked("fsconfig \(flag)", on: type) { bh_fsconfig_flag(number, flag) }
        }
        try checked("mount", on: type) { bh_fsconfig_create(number) }
        self.init(
            FileDescriptor(
                owning: CInt(
                    try checked("fsmount", on: type) {
                        bh_fsmount(number, 1, UInt32(attributes.rawValue))
                    })))
    }

    /// An overlay file system: what is read comes from `lower` where `upper` has nothing, what is
    /// written goes to the directory `upper` in `upper`; it works in the directory `work` there.
    ///
    /// - Parameter owner: whose is what it makes for itself.
    public init(
        overlaying upper: borrowing DetachedMount, over lower: borrowing DetachedMount,
        owner: (user: UInt32, group: UInt32), attributes: MountAttributes
    ) throws(SystemCallError) {
        let scaffold = try DetachedMount(
            tmpfs: [("source", "tmpfs"), ("size", "64k"), ("mode", "0700")], attributes: [])
        for name in ["lower", "upper"] {
            try checked("mkdirat", on: name) {
                bh_mkdirat(scaffold.descriptor.number, name, 0o700)
            }
        }
        let numbers = (scaffold.descriptor.number, lower.descriptor.number, upper.descriptor.number)
        self.init(
            FileDescriptor(
                owning: CInt(
                    try checked("mount", on: "overlay") {
                        bh_overlay(
                            numbers.0, numbers.1, numbers.2, owner.user, owner.group,
                            UInt32(attributes.rawValue))
                    })))
    }

    /// Mounts it at a directory; the descriptor goes on to mean it. The corresponding call is
    /// move_mount(2).
    public func attach(at path: String) throws(SystemCallError) {
        let number = descriptor.number
        try checked("move_mount", on: path) { bh_move_mount(number, currentDirectory, path) }
    }
}

/// Takes away what is mounted at `path`; with `lazily`, also where it is in use, which then goes on
/// without a name. The corresponding call is umount2(2).
public func unmount(_ path: String, lazily: Bool = false) throws(SystemCallError) {
    try checked("umount2", on: path) { bh_unmount(path, lazily ? 1 : 0) }
}

/// Changes options of the file system that is mounted at `path`. The corresponding calls are fspick(2)
/// and fsconfig(2).
public func reconfigureFileSystem(
    at path: String, options: [(String, String)]
) throws(SystemCallError) {
    let context = FileDescriptor(
        owning: CInt(try checked("fspick", on: path) { bh_fspick(currentDirectory, path) }))
    let number = context.number
    for (key, value) in options {
        try checked("fsconfig \(key)=\(value)", on: path) { bh_fsconfig_string(number, key, value) }
    }
    try checked("fsconfig", on: path) { bh_fsconfig_reconfigure(number) }
}

/// From now on this process, which has one thread, sees the mounts of another namespace. The
/// corresponding call is setns(2).
public func enterMountNamespace(_ namespace: borrowing FileDescriptor) throws(SystemCallError) {
    let number = namespace.number
    try checked("setns", on: "a mount namespace") { bh_enter_namespace(number) }
}
