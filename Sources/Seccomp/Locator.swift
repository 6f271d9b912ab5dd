/// Finds the line and column of a value in a JSON text that is known to be valid.
///
/// jansson tells no positions of what it accepted; so when a value turns out to be wrong, the text
/// is walked once more, along the numbers of members and elements that lead to it.
struct Locator {
    private let bytes: [UInt8]
    private var offset = 0

    /// The place of the value at `path`, or of its name where `ofName` and it is a member.
    static func find(_ path: [Int], ofName: Bool, in bytes: [UInt8], file: String) -> Location {
        var locator = Locator(bytes: bytes)
        locator.skipBlanks()
        for (depth, index) in path.enumerated() {
            locator.descend(to: index, stopAtName: ofName && depth == path.count - 1)
        }
        return locator.location(file)
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var current: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    /// From the opening bracket to the member or element with this number.
    private mutating func descend(to index: Int, stopAtName: Bool) {
        let isObject = current == UInt8(ascii: "{")
        offset += 1
        var passed = 0
        while offset < bytes.count {
            skipBlanks()
            if isObject {
                if passed == index && stopAtName { return }
                skipText()
                skipBlanks()
                offset += 1  // The colon.
                skipBlanks()
            }
            if passed == index { return }
            skipValue()
            skipBlanks()
            offset += 1  // The comma.
            passed += 1
        }
    }

    private mutating func skipBlanks() {
        while [0x20, 0x09, 0x0a, 0x0d].contains(current) && offset < bytes.count { offset += 1 }
    }

    private mutating func skipText() {
        offset += 1
        while offset < bytes.count && current != UInt8(ascii: "\"") {
            offset += current == UInt8(ascii: "\\") ? 2 : 1
        }
        offset += 1
    }

    /// Past a value of any kind: to where its own brackets are closed.
    private mutating func skipValue() {
        var depth = 0
        while offset < bytes.count {
            switch current {
            case UInt8(ascii: "\""):
                skipText()
                if depth == 0 { return }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // The bracket around a number or word that ended here.
                if depth == 0 { return }
                depth -= 1
                if depth == 0 {
                    offset += 1
                    return
                }
            case UInt8(ascii: ","):
                if depth == 0 { return }
            default: break
            }
            offset += 1
        }
    }

    private func location(_ file: String) -> Location {
        var line = 1
        var column = 1
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xc0 != 0x80 {  // Not inside a character.
                column += 1
            }
        }
        return Location(file, line, column)
    }
}
