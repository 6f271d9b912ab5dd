internal import LogReading
internal import Plan
internal import Syscalls

/// Reads the journal for bulkheadd, which gives the line of its caller: descriptor 3. So neither a
/// journal of gigabytes nor a caller that reads slowly holds up the supervisor, and what is in the
/// journal's files is looked at by a process that may do nothing else.
///
///     bulkhead-logs [--project P] [--workload W] [--run N] [--lines N] [--since-us T] [--follow]
@main
struct BulkheadLogs {
    /// Where the caller's socket is.
    private static let socket: CInt = 3

    static func main() { endProgram(run()) }

    private static func run() -> Int32 {
        do {
            let request = try LogRequest(parsing: Array(CommandLine.arguments.dropFirst()))
            let stream = LogStream(request, to: StreamSocket(FileDescriptor(owning: socket)))
            do throws(LogReadingError) { try giveUpPrivileges() } catch {
                stream.tell(error)
                throw error
            }
            try stream.run()
            return 0
        } catch {
            let text = (error as? any Diagnosable)?.message ?? "\(error)"
            // Nobody is left to tell it.
            try? write(allOf: Array("bulkhead-logs: \(printable(text))\n".utf8), to: 2)
            return 1
        }
    }

    /// What is in the journal's files is looked at without rights.
    private static func giveUpPrivileges() throws(LogReadingError) {
        let isDone: Bool
        do throws(SystemCallError) { isDone = try becomeJournalReader() } catch {
            throw .system(error)
        }
        if !isDone { throw .noGroup(journalGroup) }
    }
}
