/// What was shown at a terminal as text for any reader: without what moves, colours, names or asks, so
/// that it does nothing to whoever looks at it. ECMA-48 has the sequences.
public struct PlainText {
    private enum State {
        case text
        /// After ESC.
        case escape
        /// In a control sequence, up to its last character.
        case control
        /// In a string for the terminal, up to BEL or ESC \.
        case string
        case stringEscape
        /// After ESC and an intermediate character: one more.
        case designation
    }

    private var state = State.text
    /// A carriage return that may be one half of a line's end.
    private var hasReturned = false

    public init() {}

    /// The text of this piece; a sequence may begin in one and end in another.
    public mutating func text(of piece: String) -> String {
        var text = String.UnicodeScalarView()
        for scalar in piece.unicodeScalars { take(scalar, &text) }
        return String(text)
    }

    private mutating func take(_ scalar: Unicode.Scalar, _ text: inout String.UnicodeScalarView) {
        switch state {
        case .text: takeText(scalar, &text)
        case .escape:
            switch scalar {
            case "[": state = .control
            case "]", "P", "X", "^", "_": state = .string
            case "\u{20}"..."\u{2F}": state = .designation
            default: state = .text
            }
        case .control:
            if ("\u{40}"..."\u{7E}").contains(scalar) {
                state = .text
            } else if scalar == "\u{1B}" {
                state = .escape
            } else if !("\u{20}"..."\u{3F}").contains(scalar) {
                // No sequence has it: whatever began is over, as terminals see it.
                state = .text
                takeText(scalar, &text)
            }
        case .string:
            if scalar == "\u{07}" || scalar == "\u{9C}" { state = .text }
            if scalar == "\u{1B}" { state = .stringEscape }
        case .stringEscape:
            state = scalar == "\\" ? .text : .string
        case .designation:
            if !("\u{20}"..."\u{2F}").contains(scalar) { state = .text }
        }
    }

    private mutating func takeText(
        _ scalar: Unicode.Scalar, _ text: inout String.UnicodeScalarView
    ) {
        switch scalar {
        case "\r":
            hasReturned = true
            return
        case "\n": text.append("\n")
        default:
            // What was written over stands above what it was written over with.
            if hasReturned { text.append("\n") }
            switch scalar {
            case "\u{1B}": state = .escape
            case "\u{9B}": state = .control
            case "\u{90}", "\u{98}", "\u{9D}", "\u{9E}", "\u{9F}": state = .string
            case "\t": text.append(scalar)
            case "\u{00}"..."\u{1F}", "\u{7F}"..."\u{9F}": break
            // They turn the order of what follows around, or hide where lines end.
            case "\u{200E}", "\u{200F}", "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}",
                "\u{2028}", "\u{2029}":
                break
            default: text.append(scalar)
            }
        }
        hasReturned = false
    }
}
