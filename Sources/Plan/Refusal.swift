/// Why a text is no value, before it is known which option or file the text came from.
struct Refusal: Error {
    let reason: String
    /// Overrides the parser's own hint where something closer to what was written is known.
    let hint: String?

    init(_ reason: String, hint: String? = nil) {
        self.reason = reason
        self.hint = hint
    }
}

/// Runs `parse` and says, where it refuses, what was refused.
///
/// - Parameter hint: what is printed when the refusal has no better one.
func parsing<Value>(
    _ text: String, for subject: String, hint: String, _ parse: () throws(Refusal) -> Value
) throws(InvalidValue) -> Value {
    do {
        return try parse()
    } catch {
        throw InvalidValue(subject, text, error.reason, hint: error.hint ?? hint)
    }
}

/// The bytes of a number, unit or list, which none of our parsers wants longer than
/// `tokenBytesMax`, and none of which may contain blanks or control characters.
func token(_ text: some StringProtocol) throws(Refusal) -> ArraySlice<UInt8> {
    if text.isEmpty { throw Refusal("is empty") }
    if text.utf8.count > tokenBytesMax {
        throw Refusal("is longer than \(tokenBytesMax) bytes")
    }
    for byte in text.utf8 {
        switch byte {
        case 0: throw Refusal("contains a NUL byte")
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
            throw Refusal("contains a blank")
        default: continue
        }
    }
    return Array(text.utf8)[...]
}

/// Longer than any number with a unit, short enough to echo whole.
private let tokenBytesMax = 64
