internal import Syscalls

/// A connection to journald that never waits.
final class JournalLink {
    private let path: String
    private var state = State.none

    /// What became of a datagram.
    enum Outcome {
        case sent
        /// journald is there but takes nothing now.
        case busy
        /// Nobody listens.
        case absent
    }

    /// A noncopyable value in an optional property of a class cannot be looked at in place.
    private enum State: ~Copyable {
        case none
        case connected(DatagramSocket)
    }

    init(_ path: String) { self.path = path }

    func send(_ datagram: [UInt8]) -> Outcome {
        // A second time after journald went away: another may listen by now.
        for _ in 0..<2 {
            switch attempt(datagram) {
            case nil: return .sent
            case .EAGAIN?, .ENOBUFS?: return .busy
            case .some:
                do { state = .connected(try DatagramSocket(connectingTo: path)) } catch {
                    state = .none
                }
            }
        }
        return .absent
    }

    /// What the kernel says against it; `ENOTCONN` where there is no connection.
    private func attempt(_ datagram: [UInt8]) -> Errno? {
        switch state {
        case .none: return .ENOTCONN
        case .connected(let socket):
            do {
                try socket.send(datagram)
                return nil
            } catch { return error.errno }
        }
    }
}
