internal import Syscalls

/// Who is at the other end of a connection, as the kernel saw it when it was made.
public struct Peer: Hashable, Sendable {
    /// In our pid namespace; 0 where it cannot be seen from here.
    public let pid: Int32
    public let user: UInt32
    public let group: UInt32
    /// Supplementary ones; not asked for where the user is root.
    public let groups: [UInt32]
    /// What it was when the connection was accepted; nil where it cannot be seen from here.
    public private(set) var process: Process?

    /// A process, as /proc tells of it: proc(5).
    public struct Process: Hashable, Sendable {
        /// Its program's path.
        public let program: String?
        /// Who had logged in, whoever they became since; nil where nobody did.
        public let loginUser: UInt32?
        /// The text of its file `cgroup`: cgroups(7).
        public let cgroups: String?
    }

    public init(pid: Int32, user: UInt32, group: UInt32, groups: [UInt32]) {
        self.pid = pid
        self.user = user
        self.group = group
        self.groups = groups
    }

    init(of socket: borrowing FileDescriptor) throws(SystemCallError) {
        let credentials = try PeerCredentials(of: socket)
        pid = credentials.pid
        user = credentials.user
        group = credentials.group
        groups = user == 0 ? [] : try PeerCredentials.groups(of: socket)
    }

    public func isMember(of group: UInt32) -> Bool {
        self.group == group || groups.contains(group)
    }

    /// The same, with what its process is now. False where that has ended already: then nobody can tell any
    /// more who it was, and whoever holds the connection is somebody else.
    mutating func identify(_ socket: borrowing FileDescriptor) throws(SystemCallError) -> Bool {
        // In another pid namespace: alive or not, nothing is known of it.
        if pid == 0 { return true }
        guard let handle = try PeerCredentials(of: socket).process(of: socket) else { return false }
        let directory = "/proc/\(pid)"
        // 4294967295: nobody logged in.
        let login = (try? readFile("\(directory)/loginuid", limit: Self.fileBytesMax))
            .flatMap { UInt32($0.filter { $0 != "\n" }) }
        let found = Process(
            program: try? linkTarget("\(directory)/exe"),
            loginUser: login == UInt32.max ? nil : login,
            cgroups: try? readFile("\(directory)/cgroup", limit: Self.fileBytesMax))
        // As long as it lives its number is nobody else's, and so what was read is of it.
        if try handle.hasEnded() { return false }
        process = found
        return true
    }

    private static let fileBytesMax = 16_384
}
