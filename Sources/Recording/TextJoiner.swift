/// Makes text of bytes that come in pieces, so that a character that two pieces share is not lost.
/// What is no UTF-8 becomes U+FFFD, and NUL, which JSON readers refuse, its symbol U+2400.
public struct TextJoiner {
    private var held: [UInt8] = []

    public init() {}

    /// The text of this piece, with what was held back of the one before and without what the next one
    /// may complete.
    public mutating func text(of piece: [UInt8]) -> String {
        let bytes = held + piece
        let whole = bytes.count - Self.unfinished(bytes)
        held = Array(bytes[whole...])
        return Self.text(bytes[..<whole])
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        if !bytes.contains(0) { return String(decoding: bytes, as: UTF8.self) }
        let symbol = Array("\u{2400}".utf8)
        return String(decoding: bytes.flatMap { $0 == 0 ? symbol : [$0] }, as: UTF8.self)
    }

    /// What was held back, at the end.
    public mutating func rest() -> String {
        defer { held = [] }
        return Self.text(held[...])
    }

    /// How many bytes at the end begin a character that is not whole: at most three.
    private static func unfinished(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            switch byte {
            case 0x80...0xBF: continue
            case 0xC2...0xDF: return back < 2 ? back : 0
            case 0xE0...0xEF: return back < 3 ? back : 0
            case 0xF0...0xF4: return back < 4 ? back : 0
            default: return 0
            }
        }
        return 0
    }
}
