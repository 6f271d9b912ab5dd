internal import Syscalls

/// The whole screen of the terminal at standard output, in place of what was on it: the alternate screen
/// of xterm's control sequences, without a cursor. What was there comes back when this goes.
struct Screen: ~Copyable {
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    private static let leave = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    private let raw: RawTerminal
    /// What stands there, line by line.
    private var shown: [String] = []
    private var isUnknown = true

    init() throws(SystemCallError) {
        raw = try RawTerminal(0)
        // Where it cannot be written to, the first lines will tell.
        try? write(allOf: Array(Self.enter.utf8), to: 1)
    }

    deinit {
        // Whoever has gone sees nothing of it.
        try? write(allOf: Array(Self.leave.utf8), to: 1)
    }

    /// Of a terminal that does not tell: that of the first ones.
    var size: (rows: Int, columns: Int) {
        guard let size = windowSize(1), size.rows > 0, size.columns > 0 else { return (24, 80) }
        return (Int(size.rows), Int(size.columns))
    }

    /// All is drawn anew the next time.
    mutating func forget() { isUnknown = true }

    /// Draws the lines that are others than before.
    mutating func show(_ lines: [String]) throws(SystemCallError) {
        var text = ""
        if isUnknown {
            text = "\u{1B}[0m\u{1B}[2J"
            shown = []
        }
        isUnknown = false
        for (index, line) in lines.enumerated() {
            // Line by line in bytes: what is equal to a reader may still be drawn otherwise.
            if index < shown.count, shown[index].utf8.elementsEqual(line.utf8) { continue }
            // Erased before and not behind: behind the last column that would be the last character.
            text += "\u{1B}[\(index + 1);1H\u{1B}[K\(line)"
        }
        for index in lines.count..<max(lines.count, shown.count) {
            text += "\u{1B}[\(index + 1);1H\u{1B}[K"
        }
        shown = lines
        if !text.isEmpty { try write(allOf: Array(text.utf8), to: 1) }
    }
}
