public import Plan

extension LedgerStore {
    /// The overrides of this boot.
    public func overrides() throws(LedgerError) -> [QuotaOverride] {
        try connection.all(
            """
            SELECT project, workload, name, value, until, beneath, actor, via, reason, at
            FROM overrides WHERE boot = ? ORDER BY project, workload, name
            """, .text(boot)
        ) { row throws(LedgerError) in
            let name = try row.value(2, "a limit's name") {
                try? LimitName(parsing: $0, for: "limit")
            }
            func limit(_ column: CInt) throws(LedgerError) -> LimitValue {
                try row.value(column, "a limit") { LimitValue(kept: $0, of: name) }
            }
            return QuotaOverride(
                try row.target(0), name, try limit(3), until: row.optionalInteger(4),
                beneath: row.isNull(5) ? nil : try limit(5), actor: try row.number(6, "an actor"),
                via: try row.value(7, "a way") { QuotaOverride.Via(rawValue: $0) },
                reason: row.text(8), at: row.integer(9))
        }
    }

    /// What overrides of other boots say, which nothing puts in force any more: each as the change from
    /// its value, to nothing yet.
    public func overridesOfOtherBoots() throws(LedgerError) -> [QuotaRecord] {
        try connection.all(
            """
            SELECT project, workload, name, value, reason FROM overrides
            WHERE boot <> ? ORDER BY project, workload, name
            """, .text(boot)
        ) { row throws(LedgerError) in
            QuotaRecord(
                transaction: 0, at: 0, target: try row.target(0), name: row.text(2),
                from: row.text(3), to: "", actor: 0, via: .booted, reason: row.text(4))
        }
    }

    /// What was changed last, the newest first; of one project, or of all.
    public func quotaHistory(
        of project: ProjectName? = nil, limit: Int
    ) throws(LedgerError) -> [QuotaRecord] {
        try connection.all(
            """
            SELECT project, workload, number, at, name, before, after, actor, via, reason, until
            FROM quota_history WHERE ?1 IS NULL OR project = ?1 ORDER BY id DESC LIMIT ?2
            """, .optional(project?.text), .integer(Int64(limit))
        ) { row throws(LedgerError) in
            QuotaRecord(
                transaction: row.integer(2), at: row.integer(3), target: try row.target(0),
                name: row.text(4), from: row.text(5), to: row.text(6),
                actor: try row.number(7, "an actor"),
                via: try row.value(8, "a way") { QuotaOverride.Via(rawValue: $0) },
                reason: row.text(9), until: row.optionalInteger(10))
        }
    }

    /// What transactions, of any boot, were about to change that were neither decided nor taken back: the
    /// supervisor was ended in the middle of them.
    public func pendingQuotas() throws(LedgerError) -> [QuotaRecord] {
        try connection.all(
            """
            SELECT project, workload, number, name, before, after, actor FROM pending_quotas
            ORDER BY number, position
            """
        ) { row throws(LedgerError) in
            QuotaRecord(
                transaction: row.integer(2), at: 0, target: try row.target(0), name: row.text(3),
                from: row.text(4), to: row.text(5), actor: try row.number(6, "an actor"),
                via: .undone, reason: "")
        }
    }
}

extension Row {
    /// A project and, in the next column, a workload or nothing.
    fileprivate func target(_ column: CInt) throws(LedgerError) -> QuotaTarget {
        let project = try project(column)
        return QuotaTarget(
            project, text(column + 1).isEmpty ? nil : try workload(column + 1))
    }
}
