internal import Plan

/// Rules about paths, by name only: whether one is there is the launch's business.
enum PathRules {
    /// Nothing of the host may be granted from here or mounted here: the kernel's own trees.
    static let kernelTrees = ["/proc", "/sys", "/dev"]

    /// Directories that are the machine's, not a project's: writable, any of them would hand over
    /// the machine.
    static let systemDirectories = [
        "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/libx32",
        "/lost+found", "/media", "/mnt", "/opt", "/proc", "/run", "/sbin", "/srv", "/sys", "/usr",
        "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/sbin", "/var", "/var/lib",
        "/var/run", "/var/spool",
    ]

    /// Trees in which every file is the machine's: who writes one of them is root soon after.
    static let systemTrees = [
        "/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/run/bulkhead",
        "/run/systemd",
        "/run/udev", "/sbin", "/usr", "/var/cache/bulkhead", "/var/lib/bulkhead", "/var/lib/dpkg",
        "/var/lib/systemd", "/var/spool/cron",
    ]
    /// Of these, where administrators keep sources and build them.
    static let sourceTrees = ["/usr/src", "/usr/local/src"]

    /// Directories that may not even be shown as a whole: the owner's view of them, which a grant
    /// gives, has the machine's keys and passwords in it, or sockets of its services.
    static let secretDirectories = [
        "/", "/boot", "/etc", "/run", "/run/dbus", "/run/systemd", "/run/user", "/var", "/var/run",
    ]

    /// Whether what is at `path` is the machine's, and nothing that a command may change.
    static func isSystem(_ path: String) -> Bool {
        if kernelTrees.contains(where: { isWithin(path, $0) }) { return true }
        if systemDirectories.contains(path) { return true }
        return systemTrees.contains { isWithin(path, $0) }
            && !sourceTrees.contains { isWithin(path, $0) }
    }

    /// Whether `path` is `tree` or lies below it.
    static func isWithin(_ path: String, _ tree: String) -> Bool {
        tree == "/" || path == tree || path.utf8.starts(with: (tree + "/").utf8)
    }

    /// Number of components: `/` has none.
    static func depth(_ path: String) -> Int { path.utf8.split(separator: UInt8(ascii: "/")).count }
}
