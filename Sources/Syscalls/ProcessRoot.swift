internal import CLinux

/// The root directory of another process, held so that it is that one's and no later one's: proc(5),
/// `/proc/PID/root`.
public struct ProcessRoot: ~Copyable, Sendable {
    private let directory: FileDescriptor

    /// Throws `ESRCH` where the process has ended.
    public init(of process: borrowing ProcessHandle) throws(SystemCallError) {
        let opened = try open("/proc/\(process.pid)/root", [.path, .directory])
        // Only now is it certain that the number still meant this process.
        try process.checkAlive()
        directory = opened
    }

    var number: CInt { directory.number }

    /// What is at an absolute path as that process sees it; nothing on the way, no link either, leads
    /// out. The corresponding calls are openat2(2) with `RESOLVE_IN_ROOT` and statx(2).
    public func status(of path: String) throws(SystemCallError) -> FileStatus {
        let file = try open(
            path, at: directory.number, .path, resolve: [.inRoot, .noMagicLinks])
        return try file.status()
    }
}
