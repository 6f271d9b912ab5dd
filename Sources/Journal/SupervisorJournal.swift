public import Plan
public import Supervision
internal import Syscalls

/// What the supervisor says of its own work, beside the audit trail, on its way to journald.
///
/// It never waits. While journald is slow, records wait here; beyond `waitingMax` they are dropped and
/// counted. Where there is no journald they go to standard error as lines.
public final class SupervisorJournal {
    /// Where journald listens: systemd-journald.service(8).
    public static let standardPath = "/run/systemd/journal/socket"
    /// Records that wait for a slow journald: more than one turn of the supervisor's loop makes.
    public static let waitingMax = 512

    private let link: JournalLink
    private let standardError: CInt
    private var waiting: [Waiting] = []
    private var droppedCount = 0

    private struct Waiting {
        let record: [UInt8]
        /// For standard error.
        let line: String
    }

    /// - Parameter standardError: where lines go while no journald listens at `path`.
    public init(socket path: String = standardPath, standardError: CInt = 2) {
        link = JournalLink(path)
        self.standardError = standardError
    }

    /// Records a failure of the supervisor's own, with what may be done about it.
    public func report(_ error: any Diagnosable, severity: Report.Severity = .error) {
        var record = JournalRecord()
        let message = printable(error.message)
        let hint = error.hint.map(printable)
        record.append("MESSAGE", hint.map { "\(message) (\($0))" } ?? message)
        record.append("PRIORITY", String(severity.rawValue))
        record.append("SYSLOG_IDENTIFIER", "bulkheadd")
        record.append("BULKHEAD_EVENT", "supervisor.failure")
        if let hint { record.append("BULKHEAD_HINT", hint) }
        send(Waiting(record: record.bytes, line: hint.map { "\(message) (\($0))" } ?? message))
    }

    /// Records what the supervisor itself does: that it started, what it took over.
    public func say(_ text: String, severity: Report.Severity = .info, kind: String) {
        var record = JournalRecord()
        let text = printable(text)
        record.append("MESSAGE", text)
        record.append("PRIORITY", String(severity.rawValue))
        record.append("SYSLOG_IDENTIFIER", "bulkheadd")
        record.append("BULKHEAD_EVENT", kind)
        send(Waiting(record: record.bytes, line: text))
    }

    /// How many records wait.
    public var waitingCount: Int { waiting.count }

    /// Sends what waits, as far as journald takes it. Each new record does so too.
    public func flush() {
        var sentCount = 0
        while sentCount < waiting.count, deliver(waiting[sentCount]) { sentCount += 1 }
        waiting.removeFirst(sentCount)
        if waiting.isEmpty, droppedCount > 0 {
            let count = droppedCount
            droppedCount = 0
            say(
                "\(count) records of the supervisor were dropped while journald was slow",
                severity: .warning, kind: "supervisor.records-dropped")
        }
    }

    private func send(_ record: Waiting) {
        if !waiting.isEmpty { flush() }
        if waiting.isEmpty, deliver(record) { return }
        if waiting.count < Self.waitingMax { waiting.append(record) } else { droppedCount += 1 }
    }

    /// False where journald is there but takes nothing now.
    private func deliver(_ record: Waiting) -> Bool {
        switch link.send(record.record) {
        case .sent: return true
        case .busy: return false
        case .absent:
            // There is nobody else to tell that standard error is gone too.
            try? write(allOf: Array("bulkheadd: \(record.line)\n".utf8), to: standardError)
            return true
        }
    }
}
