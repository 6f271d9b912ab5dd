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
    static func depth(_ path: String) -> Int { path.split(separator: "/").count }

    /// `path` absolute and free of `.`, `..` and doubled slashes, seen from `directory`.
    static func normalised(
        _ path: String, from directory: String?, subject: String
    ) throws(InvalidValue) -> String {
        if path.isEmpty {
            throw InvalidValue(subject, path, "is empty", hint: "name a directory")
        }
        if path.utf8.count > pathLengthMax {
            throw InvalidValue(
                subject, path, "is longer than \(pathLengthMax) bytes",
                hint: "use a shorter path")
        }
        if path.utf8.contains(0) {
            throw InvalidValue(subject, path, "contains a NUL byte", hint: "name a path without it")
        }
        var whole = path
        if !path.utf8.starts(with: "/".utf8) {
            guard let directory else {
                throw InvalidValue(
                    subject, path, "is relative and the current directory has been removed",
                    hint: "give an absolute path or change to a directory that exists")
            }
            whole = directory + "/" + path
        }
        var components: [Substring] = []
        for component in whole.split(separator: "/") where component != "." {
            if component == ".." {
                // By name alone `a/..` need not be `.`: a link may be in the way.
                throw InvalidValue(
                    subject, path, "contains '..'", hint: "give the path without '..'")
            }
            components.append(component)
        }
        return "/" + components.joined(separator: "/")
    }

    /// PATH_MAX less the final NUL: limits.h.
    private static let pathLengthMax = 4_095
}
