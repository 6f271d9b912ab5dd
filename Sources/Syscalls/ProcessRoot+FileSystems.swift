internal import CLinux

extension ProcessRoot {
    /// How large the file system is that a directory is on.
    public struct Space: Hashable, Sendable {
        /// In bytes.
        public let total: UInt64
        public let free: UInt64
        /// Whether the directory is where it is mounted.
        public let isMountPoint: Bool
    }

    /// Of a directory as that process sees it. The corresponding call is fstatfs(2).
    public func space(at path: String) throws(SystemCallError) -> Space {
        let directory = try open(path)
        let parent = try open("\(path)/..")
        let found = try directory.space()
        return Space(
            total: found.size, free: found.free,
            isMountPoint: try directory.status().device != parent.status().device)
    }

    /// Gives the tmpfs that is mounted at a directory another size; `EINVAL` where more is in it. The
    /// corresponding calls are fspick(2) and fsconfig(2).
    public func resizeFileSystem(at path: String, bytes: UInt64) throws(SystemCallError) {
        let directory = try open(path)
        // The link leads to what is open, whatever its name means by now.
        try reconfigureFileSystem(
            at: "/proc/self/fd/\(directory.number)/.", options: [("size", "\(bytes)")])
    }

    private func open(_ path: String) throws(SystemCallError) -> FileDescriptor {
        try Syscalls.open(
            path, at: number, [.path, .directory], resolve: [.inRoot, .noSymlinks])
    }
}
