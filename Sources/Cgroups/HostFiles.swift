internal import Syscalls

/// The host's own files that say how its cgroups are set up.
struct HostFiles: Sendable {
    /// Goes before each path: empty, or the directory of a test's copy.
    var prefix = ""
    /// Where a test's copy has its cgroup2 mount; nil: the kernel is asked.
    var mountOfCopy: String?

    /// Whether the directory at `path` is one of a cgroup2 file system.
    func isCgroup2(_ path: String, _ directory: borrowing Directory) -> Bool {
        if let mountOfCopy { return path == mountOfCopy || path.hasPrefix(mountOfCopy + "/") }
        // What cannot be asked for its type is not what we look for.
        return (try? directory.descriptor.fileSystemType()) == cgroup2Type
    }

    func at(_ path: String) -> String { prefix + path }

    func exists(_ path: String) -> Bool {
        // Whatever keeps us from seeing it, it is not there for us.
        (try? FileStatus(path: at(path))) != nil
    }

    /// The content, nil where the file is not there or not readable.
    func read(_ path: String) -> String? {
        try? readFile(at(path))
    }

    /// The directory at `path` where that is a cgroup2 one.
    func cgroup2(_ path: String) -> Directory? {
        guard let directory = try? Directory(opening: at(path), resolve: .noSymlinks) else {
            return nil
        }
        if isCgroup2(path, directory) { return consume directory }
        return nil
    }
}

/// CGROUP2_SUPER_MAGIC, linux/magic.h.
private let cgroup2Type: UInt32 = 0x6367_7270
