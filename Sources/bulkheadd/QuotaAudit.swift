internal import Audit
internal import Ledger
internal import Plan

extension LedgerChanges {
    /// Keeps what was changed, in the history of limits and in the audit trail.
    ///
    /// - Parameters:
    ///   - origin: who wanted it; nil: the scheduler, or Bulkhead's own rules.
    ///   - lasting: after that, what held before holds again; nil: it stays.
    borrowing func append(
        _ record: QuotaRecord, _ kind: AuditKind, by origin: AuditOrigin? = nil,
        for lasting: Milliseconds? = nil
    ) throws(LedgerError) {
        try append(record)
        // What is the configuration's again has no end.
        try append(AuditEntry(record, kind, origin, record.until == nil ? nil : lasting))
    }
}

extension AuditEntry {
    /// One limit that was changed.
    fileprivate init(
        _ record: QuotaRecord, _ kind: AuditKind, _ origin: AuditOrigin?, _ lasting: Milliseconds?
    ) {
        var whom = origin ?? AuditOrigin(via: Self.via(record.via))
        if !record.reason.isEmpty { whom.reason = printable(record.reason) }
        let span = lasting.map { " for \($0)" } ?? ""
        let why = whom.reason.isEmpty ? "" : ": \(whom.reason)"
        self.init(
            kind,
            "\(record.name) went from \(record.from) to \(record.to)\(span), "
                + "\(Self.how(record.via))\(why)",
            project: record.target.project, workload: record.target.workload, origin: whom,
            details: [
                (AuditField.limit, record.name), (AuditField.from, record.from),
                (AuditField.to, record.to),
            ])
    }

    /// Who it was where nobody asked for it.
    private static func via(_ via: QuotaOverride.Via) -> AuditOrigin.Via {
        switch via {
        case .scheduler: .scheduler
        case .outside: .outside
        case .configured: .configuration
        case .set, .move, .reset, .persist, .expired, .booted, .undone: .supervisor
        }
    }

    private static func how(_ via: QuotaOverride.Via) -> String {
        switch via {
        case .set, .move, .reset, .persist: "as an operator wants it"
        case .scheduler: "as the scheduler decided"
        case .outside: "by somebody who did not ask Bulkhead"
        case .expired: "since its time was over"
        case .booted: "since the machine was booted"
        case .configured: "as the configuration wants it"
        case .undone: "since it could not be kept"
        }
    }
}
