public import Plan

extension LedgerChanges {
    /// The next `count` numbers for runs, which nobody else will ever get: also for runs that are kept
    /// nowhere, such as probes.
    public func reserveRuns(_ count: UInt32) throws(LedgerError) -> Range<UInt64> {
        let end = try connection.first(
            "UPDATE facts SET value = value + ? WHERE name = 'next_run' RETURNING value",
            .integer(Int64(count))
        ) { row in row.bits(0) }
        guard let end else { throw .corrupt(path: connection.path, detail: "no next run") }
        return (end - UInt64(count))..<end
    }

    /// Keeps a new run; probes are not kept. The oldest ended runs of its project beyond
    /// `LedgerLimit.runs` are forgotten.
    public func insert(_ run: RunRow) throws(LedgerError) {
        if run.kind == .probe { return }
        let columns = StateColumns(run.state)
        try connection.run(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            .bits(run.id.rawValue), .text(run.project.text), .text(run.workload.text),
            .text(run.kind.rawValue), .blob(CommandBytes.encode(run.command)), .bounded(run.token),
            .integer(Int64(run.actor)), .integer(columns.state), .optional(columns.pid),
            .optional(columns.result), .bounded(columns.text), .integer(run.startedAt),
            .optional(run.endedAt), .integer(run.isDetached ? 1 : 0), .optional(run.due?.at),
            .bounded(run.due?.cause ?? ""))
        // A number that nobody reserved is used up by its row.
        try connection.run(
            "UPDATE facts SET value = ?1 + 1 WHERE name = 'next_run' AND value <= ?1",
            .bits(run.id.rawValue))
        // Not each time: looking for the thousandth is a walk of a thousand.
        if run.id.rawValue % 16 == 0 { try prune(run.project) }
    }

    /// Writes a run's new state; false where no such run is kept.
    ///
    /// - Parameter endedAt: nanoseconds since the epoch, for `refused` and `ended`.
    @discardableResult
    public func update(
        _ run: RunID, _ state: RunRow.State, endedAt: Int64? = nil
    ) throws(LedgerError) -> Bool {
        let columns = StateColumns(state)
        // The pid stays known when the run has ended.
        try connection.run(
            """
            UPDATE runs SET state = ?2, pid = coalesce(?3, pid), result = ?4, text = ?5, ended_at = ?6
            WHERE id = ?1
            """, .bits(run.rawValue), .integer(columns.state), .optional(columns.pid),
            .optional(columns.result), .bounded(columns.text), .optional(endedAt))
        return connection.changeCount > 0
    }

    /// Writes when a run is to be killed, and why.
    public func setDue(_ run: RunID, _ due: RunRow.Due) throws(LedgerError) {
        try connection.run(
            "UPDATE runs SET due_at = ?2, due_cause = ?3 WHERE id = ?1", .bits(run.rawValue),
            .integer(due.at), .bounded(due.cause))
    }

    /// Forgets runs that ended before `moment` (nanoseconds since the epoch), at most 1,000 of them
    /// at once, so that nobody waits long; tells how many.
    public func pruneRuns(endedBefore moment: Int64) throws(LedgerError) -> Int {
        try connection.run(
            """
            DELETE FROM runs WHERE id IN
            (SELECT id FROM runs WHERE state > 1 AND ended_at < ? ORDER BY id LIMIT 1000)
            """, .integer(moment))
        return connection.changeCount
    }

    private func prune(_ project: ProjectName) throws(LedgerError) {
        try connection.run(
            """
            DELETE FROM runs WHERE project = ?1 AND state > 1 AND id <=
            (SELECT id FROM runs WHERE project = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
            """, .text(project.text), .integer(Int64(LedgerLimit.runs)))
    }
}
