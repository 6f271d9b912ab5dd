import Plan
import Testing

@Suite struct EnvironmentTests {
    private func file(_ text: String) throws -> [EnvironmentVariable] {
        try EnvironmentFile(parsing: Array(text.utf8), path: "build.env").variables
    }

    @Test(arguments: [
        ("A=1", "A", "1"), ("A=", "A", ""), ("A=b=c", "A", "b=c"), ("a.b-c=x y", "a.b-c", "x y"),
        ("PATH=/bin:é", "PATH", "/bin:é"), ("A=\n", "A", "\n"),
    ])
    func everythingAfterTheFirstEqualsSignIsTheValue(
        text: String, name: String, value: String
    ) throws {
        #expect(
            try EnvironmentVariable(parsing: text, for: "--env")
                == EnvironmentVariable(name: name, value: value))
    }

    @Test(arguments: [
        ("", "is empty", "write NAME=VALUE"),
        ("HOME", "has no '='", "write NAME=VALUE; nothing is taken over from the host"),
        ("=x", "has no name before the '='", "write NAME=VALUE"),
        ("A B=x", "has a name with more than printable ASCII", "write NAME=VALUE"),
        ("é=x", "has a name with more than printable ASCII", "write NAME=VALUE"),
        ("export A=x", "has a name with more than printable ASCII", "leave out 'export'"),
        ("A=\0", "contains a NUL byte", "write NAME=VALUE"),
        (
            "A=" + String(repeating: "x", count: 131_070), "is longer than 131071 bytes",
            "write NAME=VALUE"
        ),
    ])
    func whatIsNoVariableIsRefusedWithTheReason(text: String, reason: String, hint: String) {
        let error = #expect(throws: InvalidValue.self) {
            try EnvironmentVariable(parsing: text, for: "--env")
        }
        #expect(error == InvalidValue("--env", text, reason, hint: hint))
    }

    @Test func aFileIsReadLineByLineWithoutInterpretingValues() throws {
        let text =
            "# build\n\nCC=gcc\n  CFLAGS=-O2 \"-g\" $X # not a comment\n\t# indented\nEMPTY=\nLAST=1"
        #expect(
            try file(text) == [
                EnvironmentVariable(name: "CC", value: "gcc"),
                EnvironmentVariable(name: "CFLAGS", value: "-O2 \"-g\" $X # not a comment"),
                EnvironmentVariable(name: "EMPTY", value: ""),
                EnvironmentVariable(name: "LAST", value: "1"),
            ])
        #expect(try file("") == [])
    }

    @Test(arguments: [
        ("A=1\nB", "build.env:2 'B': has no '='"),
        ("A=1\r\n", "build.env:1 'A=1\\u{d}': ends in a carriage return"),
        ("A=1\n\nA=2", "build.env:3 'A': was given in line 1 already"),
        ("export A=1", "build.env:1 'export A=1': has a name with more than printable ASCII"),
        ("A=\0", "build.env:1 'A=\\u{0}': contains a NUL byte"),
    ])
    func anErrorInAFileNamesTheLine(text: String, message: String) {
        let error = #expect(throws: InvalidValue.self) { try file(text) }
        #expect(error?.message == message)
        #expect(error?.hint != nil)
    }

    @Test func aFileThatIsNotUTF8IsRefused() {
        let error = #expect(throws: InvalidValue.self) {
            try EnvironmentFile(parsing: [65, 61, 0xFF], path: "x\n.env")
        }
        #expect(error?.message == "x\\u{a}.env:1 'A=\u{FFFD}': is not UTF-8")
    }

    @Test func aFileHasABoundInBytesAndInVariables() {
        let tooLarge = #expect(throws: InvalidValue.self) {
            try EnvironmentFile(
                parsing: Array(repeating: 10, count: EnvironmentFile.bytesMax + 1), path: "e")
        }
        #expect(tooLarge?.message == "--env-file 'e': is larger than 1M")
        let tooMany = #expect(throws: InvalidValue.self) {
            try file((0...1_000).map { "V\($0)=1\n" }.joined())
        }
        #expect(tooMany?.message == "build.env:1001 'V1000': is one more than 1000 variables")
    }
}
