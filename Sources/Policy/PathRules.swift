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

    /// Whether `path` is `tree` or lies below it.
    static func isWithin(_ path: String, _ tree: String) -> Bool {
        tree == "/" || path == tree || path.utf8.starts(with: (tree + "/").utf8)
    }

    /// Number of components: `/` has none.
    static func depth(_ path: String) -> Int { path.utf8.split(separator: UInt8(ascii: "/")).count }
}
