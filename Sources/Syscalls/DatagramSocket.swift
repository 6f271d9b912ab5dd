internal import CLinux

/// A socket that sends datagrams to one address, and never waits: unix(7), `SOCK_DGRAM`.
public struct DatagramSocket: ~Copyable, Sendable {
    public let descriptor: FileDescriptor

    /// The corresponding calls are socket(2) and connect(2).
    public init(connectingTo path: String) throws(SystemCallError) {
        let made = FileDescriptor(
            owning: CInt(try checked("socket", on: "AF_UNIX") { bh_unix_datagrams() }))
        let number = made.number
        try checked("connect", on: path) { bh_connect_unix(number, path) }
        descriptor = made
    }

    /// Gives its descriptor away.
    public consuming func intoDescriptor() -> FileDescriptor { descriptor }

    /// Sends one datagram, whole or not at all: `EAGAIN` where the receiver is not as fast,
    /// `ECONNREFUSED` where it is gone, `EMSGSIZE` where no buffer is that large. The corresponding
    /// call is sendmsg(2).
    public func send(_ bytes: [UInt8]) throws(SystemCallError) {
        let number = descriptor.number
        try checked("sendmsg", on: "descriptor \(number)") {
            bh_send(number, bytes, bytes.count, -1)
        }
    }
}
