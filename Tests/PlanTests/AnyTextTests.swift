import Plan
import Testbed
import Testing

/// Whatever the text, each parser returns or throws; it neither traps nor hangs, and what it says
/// fits in a line.
@Suite struct AnyTextTests {
    @Test func noTextBreaksAParser() {
        var generator = Seeded(4)
        for _ in 0..<2_000 {
            let text = generator.text()
            check { () throws(InvalidValue) in _ = try Bytes(parsing: text, for: "it") }
            check { () throws(InvalidValue) in _ = try CPUBandwidth(parsing: text, for: "it") }
            check { () throws(InvalidValue) in _ = try Milliseconds(parsing: text, for: "it") }
            check { () throws(InvalidValue) in _ = try Identity(parsing: text, for: "it") }
            check { () throws(InvalidValue) in _ = try Hostname(parsing: text, for: "it") }
            check { () throws(InvalidValue) in _ = try CapabilityName(parsing: text, for: "it") }
            check { () throws(InvalidValue) in
                _ = try IOLimit(parsing: text, base: "/b", for: "it")
            }
            check { () throws(InvalidValue) in
                _ = try Grant(parsing: text, access: .readOnly, base: "/b", for: "it")
            }
            check { () throws(InvalidValue) in _ = try Grant(parsingTmpfs: text, for: "it") }
            check { () throws(InvalidValue) in
                _ = try EnvironmentFile(parsing: Array(text.utf8), path: text)
            }
        }
    }

    private func check(_ parse: () throws(InvalidValue) -> Void) {
        do throws(InvalidValue) { try parse() } catch {
            let line = error.message + (error.hint ?? "")
            #expect(!line.unicodeScalars.contains { $0.value < 0x20 })
            #expect(line.utf8.count < 2_000)
            #expect(!error.reason.isEmpty)
        }
    }
}
