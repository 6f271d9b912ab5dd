import JSONTree
import Testing

struct ShorteningTests {
    @Test func whatFitsIsWhole() throws {
        let value: JSON = ["project": "shop", "command": ["sh", "-c", "echo 'é' \n \"x\""]]
        #expect(value.text(bytesMax: 200) == value.text)
    }

    @Test func whatIsTooLongStaysJSONShowsEveryMemberAndSaysWhatIsMissing() throws {
        let padding = String(repeating: "é", count: 100_000)
        let value: JSON = [
            "project": .string(padding),
            "command": .array(
                [.string("sh")] + [JSON](repeating: .string(padding), count: 1_000)),
            "user": 7,
        ]
        let text = value.text(bytesMax: 4_000)
        #expect(text.utf8.count <= 4_000 && text.utf8.count > 500)
        let read = try JSON(parsing: text)
        #expect(read["user"] == 7 && read["command"]?.array?.first == "sh")
        #expect(read["project"]?.string?.hasSuffix("… (200000 bytes)") == true)
        #expect(read["command"]?.array?.last?.string?.hasSuffix("more") == true)
    }

    @Test func whateverItIsItIsBounded() throws {
        var deep = JSON.string("x")
        for _ in 0..<25 { deep = .array([deep, deep.kind == "text" ? "y" : .null]) }
        let wide = JSON.object(
            (0..<1_000).map { JSON.Member("\($0)" + String(repeating: "n", count: 50), .array([])) }
        )
        let broad = JSON.array((0..<100).map { _ in .array([JSON](repeating: 1, count: 1_000)) })
        for value in [deep, wide, broad, .string(String(repeating: "\u{1}", count: 5_000))] {
            for most in [100, 1_000, 4_000] {
                let text = value.text(bytesMax: most)
                #expect(text.utf8.count <= most)
                #expect(throws: Never.self) { try JSON(parsing: text) }
            }
        }
    }

    @Test func whatCouldMisleadIsEscaped() throws {
        let value: JSON = ["a": "\u{202e}x\u{e0001}\u{9b}"]
        let text = value.text(bytesMax: 1_000)
        #expect(text == #"{"a":"\u202ex\udb40\udc01\u009b"}"#)
        #expect(try JSON(parsing: text) == value)
    }
}
