internal import CLinux

/// A connected AF_UNIX stream socket: unix(7).
public struct StreamSocket: ~Copyable, Sendable {
    public let descriptor: FileDescriptor

    public init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    /// Connects to the socket at `path`, and blocks from then on: for a program that has nothing else
    /// to do. The corresponding calls are socket(2) and connect(2).
    public init(connectingTo path: String) throws(SystemCallError) {
        let made = FileDescriptor(
            owning: CInt(try checked("socket", on: "AF_UNIX") { bh_unix_socket(0, 1) }))
        let number = made.number
        try checked("connect", on: path) { bh_connect_unix(number, path) }
        descriptor = made
    }

    /// Gives its descriptor away.
    public consuming func intoDescriptor() -> FileDescriptor { descriptor }

    /// Descriptors that one message may carry.
    public static let descriptorsMax = Int(BH_DESCRIPTORS_MAX)

    /// A piece of the stream. Descriptors that came along and are not taken close with it.
    public struct Piece: ~Copyable, Sendable {
        /// Empty: the other side has closed.
        public let bytes: [UInt8]
        public private(set) var descriptors: [CInt]

        init(bytes: [UInt8], descriptors: [CInt]) {
            self.bytes = bytes
            self.descriptors = descriptors
        }

        /// From now on the caller closes them.
        public mutating func takeDescriptors() -> [CInt] {
            let taken = descriptors
            descriptors = []
            return taken
        }

        deinit {
            for number in descriptors { _ = bh_close(number) }
        }
    }

    /// What has come, at most `size` bytes of it; nil where nothing has and the socket does not block.
    /// `EMSGSIZE` where more than `descriptorsMax` descriptors came along; they are closed. The
    /// corresponding call is recvmsg(2).
    public func receive(upTo size: Int) throws(SystemCallError) -> Piece? {
        var descriptors = [CInt](repeating: -1, count: Self.descriptorsMax)
        var descriptorCount: UInt32 = 0
        var failure: SystemCallError?
        let number = descriptor.number
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            do throws(SystemCallError) {
                let base = buffer.baseAddress
                count = Int(
                    try checked("recvmsg", on: "descriptor \(number)") {
                        bh_stream_receive(number, base, size, &descriptors, &descriptorCount)
                    })
            } catch {
                failure = error
                count = 0
            }
        }
        if let failure {
            if failure.errno == .EAGAIN { return nil }
            throw failure
        }
        return Piece(bytes: bytes, descriptors: Array(descriptors.prefix(Int(descriptorCount))))
    }

    /// Sends as many of `bytes` as there is room for and tells how many: 0 where there is none and the
    /// socket does not block. The descriptors travel with the first byte, so never again once any was
    /// taken. The corresponding call is sendmsg(2).
    public func send(
        _ bytes: ArraySlice<UInt8>, with descriptors: [CInt] = []
    ) throws(SystemCallError) -> Int {
        let number = descriptor.number
        do {
            return Int(
                try checked("sendmsg", on: "descriptor \(number)") {
                    bytes.withUnsafeBytes { buffer in
                        bh_stream_send(
                            number, buffer.baseAddress, buffer.count, descriptors,
                            UInt32(descriptors.count))
                    }
                })
        } catch  where error.errno == .EAGAIN { return 0 }
    }
}
