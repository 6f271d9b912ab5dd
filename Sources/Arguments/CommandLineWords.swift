public import Plan

/// Cuts a line typed at a prompt into words: blanks separate them; between single or double quotes
/// blanks are part of a word; a backslash takes the next character as it is, except between single
/// quotes. Nothing else has a meaning.
public struct CommandLineWords: Hashable, Sendable {
    public let words: [String]

    /// Longer than any line that was typed.
    public static let bytesMax = 65_536

    /// Throws where a quote is not closed, or nothing follows a backslash.
    public init(parsing line: String) throws(InvalidValue) {
        if line.utf8.count > Self.bytesMax {
            throw InvalidValue("line", line, "is longer than \(Self.bytesMax) bytes")
        }
        var words: [String] = []
        var word: [UInt8]?
        var quote: UInt8?
        var isEscaped = false
        for byte in line.utf8 {
            if isEscaped {
                word = (word ?? []) + [byte]
                isEscaped = false
                continue
            }
            switch (byte, quote) {
            case (UInt8(ascii: "\\"), nil), (UInt8(ascii: "\\"), UInt8(ascii: "\"")):
                isEscaped = true
            case (_, byte?): quote = nil
            case (UInt8(ascii: "'"), nil), (UInt8(ascii: "\""), nil):
                quote = byte
                word = word ?? []
            case (UInt8(ascii: " "), nil), (UInt8(ascii: "\t"), nil):
                if let ended = word { words.append(String(decoding: ended, as: UTF8.self)) }
                word = nil
            default:
                if word == nil { word = [] }
                word?.append(byte)
            }
        }
        if quote != nil {
            throw InvalidValue("line", line, "has a quote that is not closed", hint: "close it")
        }
        if isEscaped { throw InvalidValue("line", line, "ends in a backslash") }
        if let word { words.append(String(decoding: word, as: UTF8.self)) }
        self.words = words
    }
}
