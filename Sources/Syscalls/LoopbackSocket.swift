internal import CLinux

/// A TCP socket in the network namespace of another process, for the loopback address there: tcp(7).
/// It does not block.
public struct LoopbackSocket: ~Copyable, Sendable {
    public enum Family: Sendable { case four, six }

    public let descriptor: FileDescriptor
    private let family: Family

    /// - Parameter process: the pidfd of a process that lives in the network namespace.
    ///
    /// The corresponding calls are setns(2), socket(2), and setns(2) back.
    public init(_ family: Family = .four, inNetworkOf process: CInt) throws(SystemCallError) {
        descriptor = FileDescriptor(
            owning: CInt(
                try checked("socket", on: "another network namespace") {
                    bh_tcp_socket_in(process, family == .six ? 1 : 0)
                }))
        self.family = family
    }

    /// Begins to connect; false: it is under way, and when the socket becomes writable
    /// `finishConnecting()` says what came of it. The corresponding call is connect(2).
    public func connect(port: UInt16) throws(SystemCallError) -> Bool {
        let number = descriptor.number
        do {
            try checked("connect", on: "port \(port)") {
                bh_connect_loopback(number, family == .six ? 1 : 0, port)
            }
            return true
        } catch  where error.errno == .EINPROGRESS { return false }
    }

    /// Throws where the connection was not made. The corresponding call is getsockopt(2), `SO_ERROR`.
    public func finishConnecting() throws(SystemCallError) {
        let number = descriptor.number
        try checked("connect", on: "the loopback address") { bh_socket_error(number) }
    }
}
