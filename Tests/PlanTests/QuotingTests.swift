import Plan
import Testing

@Suite struct QuotingTests {
    @Test func whatCouldForgeALineOrDriveATerminalIsEscaped() {
        #expect(quoted("a\nb\u{1B}[31m") == "'a\\u{a}b\\u{1b}[31m'")
        #expect(quoted("it's \\") == "'it\\'s \\\\'")
        #expect(
            quoted("\u{202E}\u{200B}\u{2028}\u{E000}") == "'\\u{202e}\\u{200b}\\u{2028}\\u{e000}'")
        #expect(quoted("né 日本") == "'né 日本'")
    }

    @Test func whatIsLongIsCut() {
        #expect(quoted(String(repeating: "x", count: 64)).count == 66)
        #expect(
            quoted(String(repeating: "x", count: 65)) == "'\(String(repeating: "x", count: 64))…'")
    }

    @Test func aWholeLineLosesWhatCouldDriveATerminalAndNothingElse() {
        let line = "symlinkat \u{1B}[31ml: it's \\ né " + String(repeating: "x", count: 100)
        #expect(
            printable(line) == "symlinkat \\u{1b}[31ml: it's \\ né " + line.suffix(100))
        #expect(printable("a\nb\u{9B}1m") == "a\\u{a}b\\u{9b}1m")
    }

    @Test func aJSONStringEscapesTheControlCharactersThatAreTwoBytesInUTF8() {
        #expect(jsonString("\u{9B}1m\u{80}\u{9F}\u{A0}") == "\"\\u009b1m\\u0080\\u009f\u{A0}\"")
    }

    @Test func aJSONStringEscapesWhatTheFormatForbids() {
        #expect(jsonString("a\"b\\\n\t\r\u{1}\u{7F}é") == #""a\"b\\\n\t\r\u0001\u007fé""#)
    }
}
