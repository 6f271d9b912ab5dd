import Testbed
import Testing

@testable import Control

/// What a workload writes comes in pieces of any size; the lines in it do not depend on them.
struct LogLinesTests {
    @Test func aLineIsWhatEndsWithANewline() {
        #expect(
            cut("one\ntwo\n\nfour\n") == [.whole("one"), .whole("two"), .whole(""), .whole("four")])
        #expect(cut("") == [])
    }

    @Test func whatHasNoNewlineAtTheEndIsALineToo() {
        #expect(cut("one\ntwo") == [.whole("one"), .init("two", .source)])
    }

    @Test func theReturnThatATerminalPutsBeforeANewlineIsNoPartOfALine() {
        #expect(cut("one\r\ntwo\r\r\n\r\n") == [.whole("one"), .whole("two\r"), .whole("")])
        // Alone it is: nobody has said that it ends anything.
        #expect(cut("one\rtwo\r") == [.init("one\rtwo\r", .source)])
    }

    @Test func aLineAsLongAsItMayBeIsWholeAndALongerOneIsCut() {
        let longest = String(repeating: "x", count: LogLines.lengthMax)
        #expect(cut(longest + "\nb\n") == [.whole(longest), .whole("b")])
        #expect(cut(longest + "y\nb\n") == [.init(longest, .length), .whole("y"), .whole("b")])
        #expect(
            cut(longest + longest + "y")
                == [.init(longest, .length), .init(longest, .length), .init("y", .source)])
    }

    @Test func aCutIsBetweenCharacters() {
        let almost = String(repeating: "x", count: LogLines.lengthMax - 1)
        #expect(cut(almost + "ä!\n", by: 9_000) == [.init(almost, .length), .whole("ä!")])
        let nearly = String(repeating: "x", count: LogLines.lengthMax - 3)
        #expect(cut(nearly + "🦆!\n", by: 9_000) == [.init(nearly, .length), .whole("🦆!")])
    }

    @Test func bytesThatAreNoTextAreCutAnywhere() {
        let bytes = [UInt8](repeating: 0x80, count: LogLines.lengthMax + 5) + [10]
        let pieces = cut(bytes, by: 20_000)
        #expect(pieces.map(\.text.count) == [LogLines.lengthMax, 5])
        #expect(pieces.map(\.end) == [.length, .newline])
    }

    @Test func itMakesNoDifferenceInWhichPiecesTheBytesCome() {
        var seeded = Seeded(6)
        for _ in 0..<40 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &seeded) {
                let isLong = Int.random(in: 0..<4, using: &seeded) == 0
                bytes += (0..<Int.random(in: 0...(isLong ? 20_000 : 60), using: &seeded)).map { _ in
                    UInt8.random(in: 11...127, using: &seeded)
                }
                bytes.append(10)
            }
            let whole = cut(bytes, by: bytes.count + 1)
            for size in [1, 7, 4_096, 16_384] where cut(bytes, by: size) != whole {
                Issue.record("\(bytes.count) bytes in pieces of \(size)")
            }
            // Nothing is lost and nothing comes twice.
            let again = whole.map { $0.text.count + ($0.end == .newline ? 1 : 0) }.reduce(0, +)
            let returns = bytes.enumerated().filter {
                $1 == 13 && $0 + 1 < bytes.count && bytes[$0 + 1] == 10
            }
            if again + returns.count != bytes.count { Issue.record("\(bytes.count) bytes") }
        }
    }

    @Test func whatIsBetweenLinesHoldsNoMemory() {
        var lines = LogLines()
        var position = 0
        #expect(lines.next(in: Array("begun".utf8), from: &position, to: 5) == nil)
        position = 0
        #expect(
            lines.next(in: Array("\n".utf8), from: &position, to: 1)?.text == [
                98, 101, 103, 117, 110,
            ])
        #expect(lines.last() == nil)
    }

    private struct Piece: Equatable {
        var text: [UInt8]
        var end: LogLines.End

        init(_ text: String, _ end: LogLines.End) { self.init(Array(text.utf8), end) }
        init(_ text: [UInt8], _ end: LogLines.End) {
            self.text = text
            self.end = end
        }
        static func whole(_ text: String) -> Piece { Piece(text, .newline) }
    }

    private func cut(_ text: String, by size: Int = 5) -> [Piece] {
        cut(Array(text.utf8), by: size)
    }

    private func cut(_ bytes: [UInt8], by size: Int) -> [Piece] {
        var lines = LogLines()
        var pieces: [Piece] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            // Behind what was read is something else.
            let chunk = Array(bytes[start..<min(start + size, bytes.count)])
            var position = 0
            while let line = lines.next(in: chunk + [10, 10], from: &position, to: chunk.count) {
                pieces.append(Piece(Array(line.text), line.end))
            }
        }
        if let line = lines.last() { pieces.append(Piece(Array(line.text), line.end)) }
        return pieces
    }
}
