import Arguments
import Plan
import Testing

@Suite struct CommandLineWordsTests {
    @Test(
        arguments: [
            ("", []), ("  \t ", []), ("ps", ["ps"]), (" exec  shop\tls ", ["exec", "shop", "ls"]),
            ("exec shop -- sh -c 'a  b; c'", ["exec", "shop", "--", "sh", "-c", "a  b; c"]),
            (#"a "b c"'d e' \ f"#, ["a", "b cd e", " f"]), (#"'' """#, ["", ""]),
            (#""a\"b" 'a\b'"#, [#"a"b"#, #"a\b"#]), (#""it's" 'say "x"'"#, ["it's", #"say "x""#]),
            ("é \\é", ["é", "é"]),
        ] as [(String, [String])])
    func blanksSeparateAndQuotesHoldTogether(line: String, words: [String]) throws {
        #expect(try CommandLineWords(parsing: line).words == words)
    }

    @Test(arguments: ["'a", "\"a", "a\\", "\"a\\\""]) func whatIsNotClosedIsRefused(line: String) {
        #expect(throws: InvalidValue.self) { try CommandLineWords(parsing: line) }
    }
}
