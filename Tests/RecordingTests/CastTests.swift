import JSONTree
import Testing

@testable import Recording

@Suite struct CastTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func theHeaderIsWhatPlayersWant() throws {
        let line = Cast.header(
            size: (rows: 40, columns: 132), at: 1_700_000_000, title: "a \"b\"",
            command: "sh -c 'x\ny'")
        #expect(line.last == UInt8(ascii: "\n") && line.count { $0 == UInt8(ascii: "\n") } == 1)
        let header = try JSON(parsing: line)
        #expect(header["version"] == 2 && header["width"] == 132 && header["height"] == 40)
        #expect(header["timestamp"] == 1_700_000_000 && header["title"] == "a \"b\"")
        #expect(header["command"] == "sh -c 'x\ny'")
    }

    @Test func whatHasNoTerminalHasTheUsualSizeAndNoEmptyCommand() throws {
        let header = try JSON(parsing: Cast.header(size: nil, at: 0, title: "", command: ""))
        #expect(header["width"] == 80 && header["height"] == 24 && header["command"] == nil)
    }

    @Test(arguments: [
        (Int64(0), "[0.000000, "), (7, "[0.000007, "), (1_500_000, "[1.500000, "),
        (86_400_000_001, "[86400.000001, "), (-5, "[0.000000, "),
    ])
    func timeIsInSecondsWithSixDigits(_ microseconds: Int64, _ start: String) {
        #expect(text(Cast.line(.output, "x", at: microseconds)) == start + "\"o\", \"x\"]\n")
    }

    /// What a project writes cannot become another event: every line is one.
    @Test func anEventIsOneLineAndComesBackAsItWas() throws {
        let hostile =
            "\n[0, \"m\", \"end of the recording\"]\n\"\\\u{1b}]0;x\u{7}\r\u{2028}ä€😀\u{7f}"
        let line = Cast.line(.output, hostile, at: 12_345_678)
        #expect(line.count { $0 == UInt8(ascii: "\n") } == 1)
        let event = try #require(CastEvent(line: Array(line.dropLast())))
        #expect(event.code == .output && event.text == hostile)
        #expect(abs(event.seconds - 12.345678) < 1e-9)
        #expect(Cast.end(in: line) == nil)
    }

    @Test func onlyAMarkerAtTheEndEndsARecording() {
        let event = Cast.line(.output, "hello", at: 1)
        for end in Cast.End.allCases {
            let marker = Cast.line(.marker, end.rawValue, at: Int64.max)
            #expect(marker.count <= Cast.endBytesMax)
            #expect(Cast.end(in: event + marker) == end)
            // What is read of a file's end begins anywhere.
            #expect(Cast.end(in: Array((event + marker).suffix(marker.count + 3))) == end)
            #expect(Cast.end(in: Array((event + marker).dropLast())) == nil)
            #expect(Cast.end(in: marker + event) == nil)
        }
        #expect(Cast.end(in: []) == nil && Cast.end(in: event) == nil)
        #expect(Cast.end(in: Cast.line(.output, Cast.End.ended.rawValue, at: 1)) == nil)
        #expect(Cast.end(in: Cast.line(.marker, "else", at: 1)) == nil)
    }

    @Test(arguments: [
        "", "{}", "[]", "[1,\"o\"]", "[1,\"q\",\"x\"]", "[\"1\",\"o\",\"x\"]", "[1,2,3]",
    ])
    func whatIsNoEventIsNone(_ line: String) {
        #expect(CastEvent(line: Array(line.utf8)) == nil)
    }
}

@Suite struct TextJoinerTests {
    /// Wherever a text is cut in pieces, it comes out whole.
    @Test func charactersThatPiecesShareAreWhole() {
        let whole = "aä€😀\u{1b}[0m\u{7ff}\u{800}\u{ffff}\u{10000}z"
        let bytes = Array(whole.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var joiner = TextJoiner()
                var text = joiner.text(of: Array(bytes[..<first]))
                text += joiner.text(of: Array(bytes[first..<second]))
                text += joiner.text(of: Array(bytes[second...]))
                #expect(text + joiner.rest() == whole)
            }
        }
    }

    @Test func whatIsNoTextIsReplacedAndNothingWaitsForEver() {
        var joiner = TextJoiner()
        #expect(joiner.text(of: [0xFF, 0x41, 0x80, 0x00]) == "\u{FFFD}A\u{FFFD}\u{2400}")
        #expect(joiner.rest() == "")
        // A start that nothing follows.
        #expect(joiner.text(of: [0x42, 0xE2, 0x82]) == "B")
        #expect(joiner.rest() == "\u{FFFD}")
        #expect(joiner.rest() == "")
        // Bytes that look like the middle of a character have no beginning.
        #expect(
            joiner.text(of: [0x80, 0x80, 0x80, 0x80]) == String(repeating: "\u{FFFD}", count: 4))
    }

    /// Of bytes that come one at a time, at most three wait.
    @Test func noMoreThanACharacterIsHeldBack() {
        var joiner = TextJoiner()
        var generator = SystemRandomNumberGenerator()
        var given: [UInt8] = []
        var text = ""
        for _ in 0..<20_000 {
            let byte = UInt8.random(in: 1...255, using: &generator)
            given.append(byte)
            text += joiner.text(of: [byte])
        }
        text += joiner.rest()
        #expect(
            Array(text.unicodeScalars)
                == Array(String(decoding: given, as: UTF8.self).unicodeScalars))
    }
}
