import CInit

/// The way of this sandbox's lines to journald. It never waits: what journald does not take at once
/// is kept, up to a bound; beyond that it is refused, and whoever sent it counts it.
struct JournalOutlet {
    private var socket: Int32 = -1
    /// Datagrams that could not be sent yet, oldest first: four bytes of length before each. There
    /// is none most of the time, and then it takes no memory.
    private var kept: [UInt8] = []
    private var start = 0
    /// Whether the socket's other end is gone: nothing more goes through it.
    private(set) var isLost = false

    /// Bytes of datagrams that wait: about a second of an allowed flood.
    private static let keptMax = 65_536
    /// What lines leave of it to the records that tell of lines lost.
    private static let reserve = 4_096

    var canSend: Bool { socket >= 0 && !isLost }

    /// Takes another socket in place of the one it has.
    mutating func adopt(_ new: Int32, _ events: Int32) {
        if socket >= 0 {
            _ = init_watch(events, socket, 0, 0, 0)
            init_close(socket)
        }
        socket = new
        isLost = false
        flush(events)
    }

    /// - Parameter isRecord: it tells of lines lost, and may use the room that is kept for that.
    /// - Returns: whether it is on its way.
    mutating func send(_ datagram: [UInt8], isRecord: Bool, _ events: Int32) -> Bool {
        if socket < 0 { return false }
        if kept.isEmpty && !isLost {
            let result = init_send(socket, datagram, datagram.count, -1, 0)
            if result >= 0 { return true }
            if result == -Int64(Errno.messageTooLong) { return false }
            if result != -Int64(Errno.again) { isLost = true }
        }
        let limit = Self.keptMax - (isRecord ? 0 : Self.reserve)
        if kept.count - start + datagram.count + 4 > limit { return false }
        if kept.isEmpty {
            kept.reserveCapacity(Self.keptMax)
        } else if kept.count + datagram.count + 4 > Self.keptMax {
            kept.removeFirst(start)
            start = 0
        }
        var writer = ByteWriter()
        writer.append(UInt32(datagram.count))
        kept += writer.bytes
        kept += datagram
        if !isLost { _ = init_watch(events, socket, Int32(INIT_OUT), Tag.journal, 0) }
        return true
    }

    /// Sends what is kept, as much as is taken.
    mutating func flush(_ events: Int32) {
        while start < kept.count && canSend {
            var reader = ByteReader(Array(kept[start..<(start + 4)]))
            let count = Int(reader.number() ?? 0)
            let offset = start + 4
            let result = kept.withUnsafeBytes {
                init_send(socket, $0.baseAddress! + offset, count, -1, 0)
            }
            if result == -Int64(Errno.again) {
                _ = init_watch(events, socket, Int32(INIT_OUT), Tag.journal, 0)
                return
            }
            if result < 0 && result != -Int64(Errno.messageTooLong) {
                isLost = true
                break
            }
            start = offset + count
        }
        if start == kept.count {
            kept = []
            start = 0
        }
        // Also when it is lost: its end would be told again and again.
        if socket >= 0 { _ = init_watch(events, socket, 0, 0, 0) }
    }
}
