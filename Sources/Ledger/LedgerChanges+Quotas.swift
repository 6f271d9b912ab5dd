public import Plan

/// Quotas: overrides, their history, and the transaction that is under way.
extension LedgerChanges {
    /// A number for a transaction, which no other will ever have.
    public func nextTransaction() throws(LedgerError) -> Int64 {
        let end = try connection.first(
            "UPDATE facts SET value = value + 1 WHERE name = 'next_transaction' RETURNING value"
        ) { row in row.integer(0) }
        guard let end else { throw .corrupt(path: connection.path, detail: "no next transaction") }
        return end - 1
    }

    /// Puts an override in the place of what is kept for that limit.
    public func save(_ override: QuotaOverride) throws(LedgerError) {
        try connection.run(
            "INSERT OR REPLACE INTO overrides VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            .text(override.target.project.text), .workload(override.target),
            .text(override.name.text), .text(override.value.text), .optional(override.until),
            .optional(override.beneath?.text), .text(boot), .integer(Int64(override.actor)),
            .text(override.via.rawValue), .bounded(override.reason), .integer(override.at))
    }

    /// Forgets the override of a limit, if there is one.
    public func removeOverride(
        of target: QuotaTarget, _ name: LimitName
    ) throws(LedgerError) {
        try connection.run(
            "DELETE FROM overrides WHERE project = ? AND workload = ? AND name = ?",
            .text(target.project.text), .workload(target), .text(name.text))
    }

    /// Forgets the overrides that another boot has left.
    public func forgetOverridesOfOtherBoots() throws(LedgerError) {
        try connection.run("DELETE FROM overrides WHERE boot <> ?", .text(boot))
    }

    /// Keeps what was changed, and forgets the oldest beyond `LedgerLimit.quotaRecords`.
    public func append(_ record: QuotaRecord) throws(LedgerError) {
        let number = try connection.first(
            """
            INSERT INTO quota_history (number, at, project, workload, name, before, after, actor,
            via, reason, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
            """, .integer(record.transaction), .integer(record.at),
            .text(record.target.project.text), .workload(record.target), .bounded(record.name),
            .bounded(record.from), .bounded(record.to), .integer(Int64(record.actor)),
            .text(record.via.rawValue), .bounded(record.reason), .optional(record.until)
        ) { row in row.integer(0) }
        guard let number, number % 64 == 0 else { return }
        try connection.run(
            "DELETE FROM quota_history WHERE id <= ?", .integer(number - LedgerLimit.quotaRecords))
    }

    /// Writes down what a transaction is about to change, before anything is.
    public func begin(_ records: [QuotaRecord]) throws(LedgerError) {
        for (position, record) in records.enumerated() {
            try connection.run(
                "INSERT INTO pending_quotas VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                .integer(record.transaction), .integer(Int64(position)), .text(boot),
                .text(record.target.project.text), .workload(record.target),
                .bounded(record.name), .bounded(record.from), .bounded(record.to),
                .integer(Int64(record.actor)))
        }
    }

    /// The transaction is over, one way or the other.
    public func finish(transaction: Int64) throws(LedgerError) {
        try connection.run(
            "DELETE FROM pending_quotas WHERE number = ?", .integer(transaction))
    }
}

extension Value {
    /// A project's own limit has no workload, which is the empty text.
    fileprivate static func workload(_ target: QuotaTarget) -> Value {
        .text(target.workload?.text ?? "")
    }
}
