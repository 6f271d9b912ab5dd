import Testing

@testable import Recording

@Suite struct PlainTextTests {
    private func plain(_ text: String) -> String {
        var reader = PlainText()
        return reader.text(of: text)
    }

    @Test(arguments: [
        ("a\tb\r\nc\n", "a\tb\nc\n"),
        ("10%\r20%\r\n", "10%\n20%\n"),
        ("\u{1b}[1;31mred\u{1b}[0m", "red"),
        ("\u{1b}]0;title\u{7}x", "x"), ("\u{1b}]52;c;ZXZpbA==\u{1b}\\x", "x"),
        ("\u{1b}P1$r\u{1b}[m\u{1b}\\x", "x"), ("\u{1b}(Bx", "x"), ("\u{1b}=x", "x"),
        ("\u{9b}31mx", "x"), ("\u{90}q\u{9c}x", "x"),
        ("a\u{8}\u{7}\u{0}\u{7f}b", "ab"), ("\u{202e}gnp.exe", "gnp.exe"),
        ("ä€😀", "ä€😀"),
        // A sequence that another interrupts.
        ("\u{1b}[3\u{1b}[31mx", "x"), ("\u{1b}[3\nx", "\nx"),
    ])
    func onlyTextStays(_ shown: String, _ text: String) { #expect(plain(shown) == text) }

    /// Wherever a recording's events are cut, and whatever is in them.
    @Test func nothingThatControlsATerminalComesThrough() {
        let alphabet: [Unicode.Scalar] = [
            "\u{1b}", "[", "]", "P", "\\", "\u{7}", "m", "0", ";", "(", "\u{9b}", "\u{9c}",
            "\u{90}", "\r",
            "\n", "a", "\u{202e}", "\u{7f}", "\u{85}",
        ]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<5_000 {
            var reader = PlainText()
            var whole = String.UnicodeScalarView()
            var text = ""
            for _ in 0..<8 {
                var piece = String.UnicodeScalarView()
                for _ in 0..<Int.random(in: 0...4, using: &generator) {
                    piece.append(alphabet.randomElement(using: &generator)!)
                }
                whole.append(contentsOf: piece)
                text += reader.text(of: String(piece))
            }
            #expect(
                text.unicodeScalars.allSatisfy {
                    $0 == "\n" || $0.properties.generalCategory != .control
                })
            #expect(text == plain(String(whole)))
        }
    }
}
