import Plan
import Testing

@testable import Configuration

/// What is no YAML of ours, in exact words and with its place.
struct YAMLTests {
    @Test(
        arguments: [
            (
                "projects:\n  a: [\n",
                "b.yaml:3:1: is not YAML: did not find expected node content while parsing a flow "
                    + "node of line 3"
            ),
            (
                "projects:\n  a: {path: /a}\n b: 1\n",
                "b.yaml:3:2: is not YAML: did not find expected key while parsing a block mapping "
                    + "of line 1"
            ),
            (
                "projects:\n\ta: 1\n",
                "b.yaml:2:1: is not YAML: found character that cannot start any token while "
                    + "scanning for the next token of line 2; indent with blanks, not with tabs"
            ),
            ("é: \"\u{7}\"", "b.yaml:1:5: is not YAML: control characters are not allowed"),
            (
                "global: {}\n---\nprojects: {}\n",
                "b.yaml:2:1: a second document begins here; put everything into one, without lines "
                    + "of ---"
            ),
            (
                "projects:\n  a: &x {path: /a}\n",
                "b.yaml:2:6: anchors (&) are not taken; use templates for what several projects "
                    + "have in common"
            ),
            (
                "projects:\n  a: *x\n",
                "b.yaml:2:6: aliases (*) are not taken; use templates for what several projects "
                    + "have in common; quote a text that begins with '*'"
            ),
            (
                "global:\n  security: {}\n  security: {}\n",
                "b.yaml:3:3: key 'security' was given in line 2 already; keep one of the two"
            ),
            ("? [a]\n: b\n", "b.yaml:1:3: a list cannot be a key; write a name"),
            ("{}: b\n", "b.yaml:1:1: a mapping cannot be a key; write a name"),
            (
                "projects: !mine {}\n",
                "b.yaml:1:11: tag '!mine' is not taken; leave it out; quote a text that begins with "
                    + "'!'"
            ),
            (
                "projects: !!python/object:os.system {}\n",
                "b.yaml:1:11: tag 'tag:yaml.org,2002:python/object:os.system' is not taken; leave "
                    + "it out; quote a text that begins with '!'"
            ),
            ("[]", "b.yaml:1:1: expected a mapping, found a list"),
            ("shop", "b.yaml:1:1: expected a mapping, found a single value"),
        ] as [(String, String)])
    func aFileIsRefused(text: String, line: String) {
        #expect(refusal(text) == [line])
    }

    @Test(arguments: ["", "\n", "# nothing\n", "---\n", "~", "{}", "\u{FEFF}projects: {}\n"])
    func aFileMayBeEmpty(text: String) throws {
        #expect(try load(text).projects == [])
    }

    @Test func whatIsNotUTF8IsRefusedAtItsPlace() {
        let file = SourceFile(
            name: "b.yaml", bytes: Array("a: b\né: \u{FFFD}".utf8) + [0xFF, 0x20])
        let problems = YAMLReader.tree(of: file).problems.map(\.description)
        #expect(
            problems == [
                "b.yaml:2:5: is not UTF-8; convert the file, for example: iconv -f latin1 -t utf-8"
            ])
        let wide = SourceFile(name: "b.yaml", bytes: [0xFF, 0xFE, 0x61, 0x00])
        #expect(YAMLReader.tree(of: wide).problems.first?.reason == "is not UTF-8")
        // The last character is cut in its middle.
        let cut = SourceFile(name: "b.yaml", bytes: [0x61, 0xC3])
        #expect(YAMLReader.tree(of: cut).problems.first?.position.column == 2)
    }

    @Test func sizeNumberAndDepthAreBounded() {
        #expect(
            refusal(String(repeating: "#", count: (1 << 20) + 1)) == ["b.yaml: is larger than 1M"])
        #expect(refusal(String(repeating: "#", count: 1 << 20)) == [])
        let many = "projects: [" + String(repeating: "1,", count: 10_000) + "]"
        #expect(
            refusal(many) == [
                "b.yaml:1:20006: has more than 10000 values; divide the projects among files in "
                    + "projects.d"
            ])
        let deep = String(repeating: "[", count: 200_000)
        #expect(refusal(deep) == ["b.yaml:1:33: is nested deeper than 32 levels"])
        let blocks = (0..<100).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(refusal(blocks).count == 1)
    }

    @Test func everyWayToWriteATextIsRead() throws {
        let text = """
            projects:
              a:
                name: 'it''s'
                path: "/srv/\\u00e9"
                environment:
                  PLAIN: a b
                  NUMBER: 0x10
                  TRUE: true
                  EMPTY: ""
                  TAGGED: !!str 12
                  FOLDED: >-
                    one
                    two
                  LITERAL: |
                    one
                    two
            """
        let project = try #require(project("a", of: try load(text)))
        #expect(project.title == "it's")
        #expect(project.path == "/srv/é")
        #expect(
            project.environment.map(\.assignment) == [
                "PLAIN=a b", "NUMBER=0x10", "TRUE=true", "EMPTY=", "TAGGED=12", "FOLDED=one two",
                "LITERAL=one\ntwo",
            ])
    }

    @Test func aTerminalIsNotDrivenByAKey() {
        #expect(
            refusal("projects: {\"a\\e[2J\": {path: /a}}") == [
                "b.yaml:1:12: projects: 'a\\u{1b}[2J': has a character that names have not; use 1 to "
                    + "48 of letters, digits, '_', '.' and '-', for example shop or api-gw"
            ])
        #expect(
            refusal([("x\u{1b}.yaml", "\"\\n\": 1")]) == [
                "x\\u{1b}.yaml:1:1: unknown key '\\u{a}'; the keys here are global, classes, "
                    + "templates and projects"
            ])
    }
}
