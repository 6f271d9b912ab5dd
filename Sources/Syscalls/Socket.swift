internal import CLinux

/// A connected socket that keeps packets apart: unix(7), `SOCK_SEQPACKET`.
public struct PacketSocket: ~Copyable, Sendable {
    public let descriptor: FileDescriptor

    public init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    /// Both ends of a new pair.
    public static func pair() throws(SystemCallError) -> (CInt, CInt) {
        var pair: [CInt] = [-1, -1]
        try checked("socketpair", on: "a control socket") { bh_socketpair_seqpacket(&pair) }
        return (pair[0], pair[1])
    }

    /// Connects to the socket with this name in a directory; does not wait, and does not block from then
    /// on. The corresponding calls are socket(2) and connect(2).
    public init(
        connectingTo name: String, in directory: borrowing Directory
    ) throws(SystemCallError) {
        let made = FileDescriptor(
            owning: CInt(try checked("socket", on: "AF_UNIX") { bh_unix_socket(1, 0) }))
        let number = made.number
        let path = "/proc/thread-self/fd/\(directory.number)/\(name)"
        try checked("connect", on: name) { bh_connect_unix(number, path) }
        descriptor = made
    }

    /// Sends one packet, whole or not at all, and copies of several descriptors with it; `EAGAIN` where
    /// there is no room. The corresponding call is sendmsg(2).
    public func send(_ bytes: [UInt8], with passed: [CInt]) throws(SystemCallError) {
        let number = descriptor.number
        try checked("sendmsg", on: "the control socket") {
            bh_stream_send(number, bytes, bytes.count, passed, UInt32(passed.count))
        }
    }

    /// Sends one packet, whole or not at all, and a copy of a descriptor with it. The corresponding
    /// call is sendmsg(2).
    public func send(_ bytes: [UInt8], with passed: CInt? = nil) throws(SystemCallError) {
        let number = descriptor.number
        let size = bytes.count
        try checked("sendmsg", on: "the control socket") {
            bh_send(number, bytes, size, passed ?? -1)
        }
    }

    /// A packet. The descriptor that came with it is closed with it.
    public struct Packet: ~Copyable {
        public let bytes: [UInt8]
        public private(set) var descriptor: CInt?

        /// From now on the caller closes it.
        public mutating func takeDescriptor() -> CInt? {
            let taken = descriptor
            descriptor = nil
            return taken
        }

        deinit {
            if let descriptor { _ = bh_close(descriptor) }
        }
    }

    /// Gives its descriptor away.
    public consuming func intoDescriptor() -> FileDescriptor { descriptor }

    /// The next packet without waiting, nil where none is there; its bytes are empty when the other
    /// end is closed. `EMSGSIZE` where a packet is longer than `limit`. The corresponding call is
    /// recvmsg(2).
    public func receive(limit: Int) throws(SystemCallError) -> Packet? {
        var buffer = [UInt8](repeating: 0, count: limit)
        var received: CInt = -1
        let number = descriptor.number
        let count: Int64
        do {
            count = try checked("recvmsg", on: "the control socket") {
                bh_receive(number, &buffer, limit, &received)
            }
        } catch  where error.errno == .EAGAIN { return nil }
        return Packet(
            bytes: Array(buffer.prefix(Int(count))),
            descriptor: received < 0 ? nil : received)
    }
}
