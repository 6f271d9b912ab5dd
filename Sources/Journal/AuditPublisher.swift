public import Audit
internal import Plan
internal import Syscalls

/// Sends records of the audit trail to journald, one datagram each, without ever waiting.
public final class AuditPublisher {
    private let link: JournalLink
    private let standardError: CInt

    public enum Outcome: Hashable, Sendable {
        case sent
        /// journald is there but takes nothing now.
        case busy
        /// Nobody listens.
        case absent
    }

    /// - Parameter standardError: where `tell` writes.
    public init(socket path: String = SupervisorJournal.standardPath, standardError: CInt = 2) {
        link = JournalLink(path)
        self.standardError = standardError
    }

    /// Sends a record.
    ///
    /// - Parameters:
    ///   - bytes: `AuditRecord.bytes`.
    ///   - isAgain: journald had it, or may have had it, and has not kept it.
    public func send(_ bytes: [UInt8], hash: AuditHash, isAgain: Bool) -> Outcome {
        var record = JournalRecord()
        for field in AuditRecord.fields(of: bytes) ?? [] { record.append(field.name, field.value) }
        record.append(AuditField.hash, hash.text)
        if isAgain { record.append(AuditField.republished, "1") }
        switch link.send(record.bytes) {
        case .sent: return .sent
        case .busy: return .busy
        case .absent: return .absent
        }
    }

    /// Writes a record's line to standard error: for whoever looks where no journald is.
    public func tell(_ bytes: [UInt8]) {
        guard let fields = AuditRecord.fields(of: bytes),
            let line = fields.first(where: { $0.name == AuditField.message })
        else { return }
        let text = "bulkheadd: \(String(decoding: line.value, as: UTF8.self))\n"
        // There is nobody else to tell that standard error is gone too.
        try? write(allOf: Array(text.utf8), to: standardError)
    }
}
