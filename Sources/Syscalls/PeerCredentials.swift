internal import CLinux

/// Who made the other end of a socket, as the kernel saw it at that moment: unix(7), `SO_PEERCRED`.
public struct PeerCredentials: Hashable, Sendable {
    /// In our pid namespace; 0 where it cannot be seen from here.
    public let pid: Int32
    public let user: UInt32
    public let group: UInt32

    /// Of who connected, listened, or made the pair. The corresponding call is getsockopt(2).
    public init(of socket: borrowing FileDescriptor) throws(SystemCallError) {
        var found = bh_peer()
        let number = socket.number
        try checked("getsockopt SO_PEERCRED", on: "descriptor \(number)") {
            bh_peer(number, &found)
        }
        pid = found.pid
        user = found.user
        group = found.group
    }

    /// The process that made the other end; nil where it has ended or cannot be seen from here. Before Linux
    /// 6.5, which has no `SO_PEERPIDFD`, it is whoever has its number now: one that had ended and whose number
    /// went to another since it connected is taken for that one. The corresponding calls are getsockopt(2) and
    /// pidfd_open(2).
    public func process(
        of socket: borrowing FileDescriptor
    ) throws(SystemCallError) -> ProcessHandle? {
        let number = socket.number
        let pid = pid
        if pid <= 0 { return nil }
        do throws(SystemCallError) {
            let found = try checked("getsockopt SO_PEERPIDFD", on: "descriptor \(number)") {
                bh_peer_pidfd(number)
            }
            return ProcessHandle(pid: pid, descriptor: FileDescriptor(owning: CInt(found)))
        } catch {
            if error.errno == .ESRCH { return nil }
            if error.errno != .EOPNOTSUPP { throw error }
        }
        do throws(SystemCallError) { return try ProcessHandle(opening: pid) } catch {
            if error.errno == .ESRCH || error.errno == .EINVAL { return nil }
            throw error
        }
    }

    /// The supplementary groups of who made the other end. The corresponding call is getsockopt(2),
    /// `SO_PEERGROUPS`.
    public static func groups(
        of socket: borrowing FileDescriptor
    ) throws(SystemCallError) -> [UInt32] {
        let number = socket.number
        // NGROUPS_MAX of linux/limits.h; few have more than the first size.
        for room in [64, 65_536] {
            var groups = [UInt32](repeating: 0, count: room)
            do {
                let count = try checked("getsockopt SO_PEERGROUPS", on: "descriptor \(number)") {
                    bh_peer_groups(number, &groups, room)
                }
                return Array(groups.prefix(Int(count)))
            } catch  where error.errno == .ERANGE { continue }
        }
        throw SystemCallError("getsockopt SO_PEERGROUPS", on: "descriptor \(number)", .ERANGE)
    }
}
