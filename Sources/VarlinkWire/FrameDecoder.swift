/// Cuts a stream of bytes into messages, each of which ends with a NUL: varlink.org/Method-Call.
///
/// Descriptors come with bytes and belong to a message, but the kernel tells only with which piece of
/// the stream they came: they go to the message that the last byte of that piece is part of. A sender
/// whose `sendmsg` holds one message and its descriptors is always understood.
public struct FrameDecoder<Attachment> {
    /// Bytes of one message, its NUL not counted.
    public let messageMax: Int
    /// Attachments of one message; those beyond are dropped.
    public let attachmentsMax: Int

    public struct Frame {
        public var bytes: ArraySlice<UInt8>
        public var attachments: [Attachment]
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
    private var attachments: [(offset: Int, attachment: Attachment)] = []

    public init(messageMax: Int, attachmentsMax: Int) {
        self.messageMax = messageMax
        self.attachmentsMax = attachmentsMax
    }

    /// Bytes that wait: of messages not taken yet, or of one that is not complete.
    public var count: Int { buffer.count - start }

    public mutating func append(_ bytes: some Collection<UInt8>, with new: [Attachment] = []) {
        // Each byte is moved at most once for every time the buffer doubles.
        if start > 0 && start >= buffer.count / 2 { compact() }
        buffer.append(contentsOf: bytes)
        if new.isEmpty || buffer.count == start { return }
        for attachment in new { attachments.append((buffer.count - 1, attachment)) }
    }

    /// The next complete message; nil where there is none yet.
    public mutating func next() throws(TooLong) -> Frame? {
        guard let end = buffer[scanned...].firstIndex(of: 0) else {
            scanned = buffer.count
            if buffer.count - start > messageMax { throw TooLong(max: messageMax) }
            // All of them are this message's, and it may never become complete.
            if attachments.count > attachmentsMax {
                attachments.removeLast(attachments.count - attachmentsMax)
            }
            return nil
        }
        if end - start > messageMax { throw TooLong(max: messageMax) }
        let bytes = buffer[start..<end]
        start = end + 1
        scanned = start
        let own = attachments.prefix { $0.offset <= end }.map(\.attachment)
        attachments.removeFirst(own.count)
        return Frame(bytes: bytes, attachments: Array(own.prefix(attachmentsMax)))
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
        for index in attachments.indices { attachments[index].offset -= start }
        start = 0
    }
}

extension FrameDecoder: Sendable where Attachment: Sendable {}
extension FrameDecoder.Frame: Sendable where Attachment: Sendable {}
