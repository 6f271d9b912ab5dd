internal import Syscalls

/// What is typed at a terminal in raw mode.
struct KeyReader {
    enum Key: Hashable {
        case letter(Unicode.Scalar)
        case up, down, pageUp, pageDown, home, end
    }

    /// Longer than any sequence that a key sends.
    private static let sequenceMax = 16

    private var bytes: [UInt8] = []
    /// Nobody types any more.
    private(set) var isOver = false

    /// The keys whose bytes are there; one that is not there whole waits for the rest of it.
    mutating func read() throws(SystemCallError) -> [Key] {
        let piece = try readSome(from: 0, upTo: 256)
        if piece.isEmpty { isOver = true }
        bytes += piece
        var keys: [Key] = []
        while let first = bytes.first {
            if first != 0x1B {
                bytes.removeFirst()
                if first < 0x80 { keys.append(.letter(Unicode.Scalar(first))) }
                continue
            }
            // ESC [ or ESC O, parameters, and a byte that ends it: ECMA-48.
            guard bytes.count > 1 else { return keys }
            guard bytes[1] == UInt8(ascii: "[") || bytes[1] == UInt8(ascii: "O") else {
                bytes.removeFirst()
                continue
            }
            guard let end = bytes.dropFirst(2).firstIndex(where: { $0 >= 0x40 }) else {
                if bytes.count > Self.sequenceMax { bytes = [] }
                return keys
            }
            if let key = Self.key(bytes[2...end]) { keys.append(key) }
            bytes.removeFirst(end + 1)
        }
        return keys
    }

    private static func key(_ sequence: ArraySlice<UInt8>) -> Key? {
        switch String(decoding: sequence, as: UTF8.self) {
        case "A": .up
        case "B": .down
        case "5~": .pageUp
        case "6~": .pageDown
        case "H", "1~", "7~": .home
        case "F", "4~", "8~": .end
        default: nil
        }
    }
}
