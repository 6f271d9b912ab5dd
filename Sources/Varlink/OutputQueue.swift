internal import Syscalls
internal import VarlinkWire

/// Replies on their way out, in order.
struct OutputQueue {
    private struct Piece {
        var bytes: ArraySlice<UInt8>
        /// They travel with the first byte.
        var descriptors: [PassedDescriptor]
    }

    private var pieces: [Piece] = []
    private var first = 0
    /// Bytes that were not taken yet.
    private(set) var count = 0

    mutating func append(_ bytes: [UInt8], with descriptors: [PassedDescriptor]) {
        count += bytes.count
        // Merged where it can be: many short replies cost one call.
        if descriptors.isEmpty && first < pieces.count {
            pieces[pieces.count - 1].bytes += bytes
        } else {
            pieces.append(Piece(bytes: bytes[...], descriptors: descriptors))
        }
    }

    /// Sends what there is room for; false where nothing was.
    mutating func flush(to socket: borrowing StreamSocket) throws(SystemCallError) -> Bool {
        var hasSent = false
        while first < pieces.count {
            let sent = try socket.send(
                pieces[first].bytes, with: pieces[first].descriptors.compactMap(\.number))
            if sent == 0 { break }
            hasSent = true
            count -= sent
            pieces[first].descriptors = []
            pieces[first].bytes.removeFirst(sent)
            if pieces[first].bytes.isEmpty { first += 1 }
        }
        if first == pieces.count {
            pieces.removeAll(keepingCapacity: true)
            first = 0
        } else if first > 64 {
            pieces.removeFirst(first)
            first = 0
        }
        return hasSent
    }
}
