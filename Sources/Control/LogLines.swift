/// Cuts what comes out of a pipe into lines.
struct LogLines {
    /// What has come of a line that has not ended. Nothing is kept in store for it.
    private var begun: [UInt8] = []

    /// Of a line in bytes, without its newline; a longer one is cut.
    static let lengthMax = 8_192

    /// A line, or a piece of one, without its newline and the carriage return that a terminal puts
    /// before that.
    struct Line: Equatable {
        var text: ArraySlice<UInt8>
        var end: End
    }

    /// What ended a line: its newline, its length, or that there is nothing more.
    enum End: Equatable { case newline, length, source }

    /// The next line that is complete with the bytes from `position` to `end`; the position is then
    /// behind it. Nil where the rest is the beginning of a line, which is kept.
    mutating func next(in bytes: [UInt8], from position: inout Int, to end: Int) -> Line? {
        let room = Self.lengthMax - begun.count
        // The newline of a line that is exactly as long as it may be is one byte further.
        let limit = min(end, position + room + 1)
        var index = position
        while index < limit && bytes[index] != newline { index += 1 }
        if index < limit {
            let text = completed(with: bytes[position..<index])
            position = index + 1
            let hasReturn = text.last == carriageReturn
            return Line(text: hasReturn ? text.dropLast() : text, end: .newline)
        }
        if end - position > room {
            let cut = boundary(in: bytes, from: position, near: position + room)
            let text = completed(with: bytes[position..<cut])
            position = cut
            return Line(text: text, end: .length)
        }
        begun += bytes[position..<end]
        position = end
        return nil
    }

    /// The line that was begun and has no end, if there is one.
    mutating func last() -> Line? {
        if begun.isEmpty { return nil }
        return Line(text: completed(with: []), end: .source)
    }

    private mutating func completed(with rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        if begun.isEmpty { return rest }
        let text = begun + rest
        // Its memory goes too: most of the time no line of any run is unfinished.
        begun = []
        return text[...]
    }

    /// Where a character of UTF-8 begins, at most three bytes before `index`; else there.
    private func boundary(in bytes: [UInt8], from start: Int, near index: Int) -> Int {
        var cut = index
        while cut > start && index - cut < 3 && bytes[cut] & 0xC0 == 0x80 { cut -= 1 }
        return cut > start && bytes[cut] & 0xC0 != 0x80 ? cut : index
    }
}

private let newline = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
