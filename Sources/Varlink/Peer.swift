internal import Syscalls

/// Who is at the other end of a connection, as the kernel saw it when it was made.
public struct Peer: Hashable, Sendable {
    /// In our pid namespace; 0 where it cannot be seen from here.
    public let pid: Int32
    public let user: UInt32
    public let group: UInt32
    /// Supplementary ones; not asked for where the user is root.
    public let groups: [UInt32]

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
}
