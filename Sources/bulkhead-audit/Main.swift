internal import Plan
internal import Syscalls

/// Reads the audit trail where it is: in the journal, or in what was exported from it. It needs no
/// supervisor, writes nothing, and is what `bulkhead audit` runs.
@main
struct BulkheadAudit {
    static func main() { endProgram(run()) }

    private static func run() -> Int32 {
        let words = Array(CommandLine.arguments.dropFirst())
        switch words.first {
        case "anchor": return AnchorCommand.run(Array(words.dropFirst()))
        case "confirm": return ConfirmCommand.run(Array(words.dropFirst()))
        case "list": return ListCommand.run(Array(words.dropFirst()))
        case "report": return ReportCommand.run(Array(words.dropFirst()))
        case "key": return KeyCommand.run(Array(words.dropFirst()))
        case "play": return PlayCommand.run(Array(words.dropFirst()))
        case "recordings": return RecordingsCommand.run(Array(words.dropFirst()))
        case "verify": return VerifyCommand.run(Array(words.dropFirst()))
        default:
            try? write(
                allOf: Array("bulkhead-audit: see bulkhead audit --help\n".utf8), to: 2)
            return 2
        }
    }
}
