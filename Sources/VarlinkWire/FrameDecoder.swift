/// Cuts a stream of bytes into messages, each of which ends with a NUL: varlink.org/Method-Call.
///
/// Descriptors come with bytes and belong to a message, but the kernel tells only with which piece of
/// the stream they came: they go to the message that the last byte of that piece is part of. A sender
/// whose `sendmsg` holds one message and its descriptors is always understood.
public struct FrameDecoder {
    /// Bytes of one message, its NUL not counted.
    public let messageMax: Int
    /// Of one message; those beyond are closed.
    public let descriptorsMax: Int

    public struct Frame {
        public var bytes: ArraySlice<UInt8>
        public var descriptors: [PassedDescriptor]
    }

    public struct TooLong: Error, Hashable {
        public let max: Int
    }

    private var buffer: [UInt8] = []
    /// Where the first message that was not taken yet begins.
    private var start = 0
    /// Bytes before it are known to hold no NUL after `start`.
    private var scanned = 0
    /// Each with the offset in `buffer` of the byte it came with, ascending.
    private var descriptors: [(offset: Int, descriptor: PassedDescriptor)] = []

    public init(messageMax: Int, descriptorsMax: Int) {
        self.messageMax = messageMax
        self.descriptorsMax = descriptorsMax
    }

    /// Bytes that wait: of messages not taken yet, or of one that is not complete.
    public var count: Int { buffer.count - start }

    public mutating func append(_ bytes: [UInt8], with new: [PassedDescriptor] = []) {
        // Each byte is moved at most once for every time the buffer doubles.
        if start > 0 && start >= buffer.count / 2 { compact() }
        buffer.append(contentsOf: bytes)
        if new.isEmpty || buffer.count == start { return }
        for descriptor in new { descriptors.append((buffer.count - 1, descriptor)) }
    }

    /// The next complete message; nil where there is none yet.
    public mutating func next() throws(TooLong) -> Frame? {
        guard let end = buffer[scanned...].firstIndex(of: 0) else {
            scanned = buffer.count
            if buffer.count - start > messageMax { throw TooLong(max: messageMax) }
            // All of them are this message's, and it may never become complete.
            if descriptors.count > descriptorsMax {
                descriptors.removeLast(descriptors.count - descriptorsMax)
            }
            return nil
        }
        if end - start > messageMax { throw TooLong(max: messageMax) }
        let bytes = buffer[start..<end]
        start = end + 1
        scanned = start
        if descriptors.isEmpty { return Frame(bytes: bytes, descriptors: []) }
        let own = descriptors.prefix { $0.offset <= end }.map(\.descriptor)
        descriptors.removeFirst(own.count)
        return Frame(bytes: bytes, descriptors: Array(own.prefix(descriptorsMax)))
    }

    /// Gives memory back that one long message has needed. For a moment when nothing waits.
    public mutating func shrink(to capacity: Int) {
        if count == 0 && buffer.capacity > capacity {
            buffer = []
            start = 0
            scanned = 0
        }
    }

    private mutating func compact() {
        buffer.removeFirst(start)
        scanned -= start
        for index in descriptors.indices { descriptors[index].offset -= start }
        start = 0
    }
}
