public import Plan

extension LedgerStore {
    /// The run; nil where it never was, was a probe, or is forgotten.
    public func run(_ id: RunID) throws(LedgerError) -> RunRow? {
        try connection.first(
            """
            SELECT id, project, workload, kind, command, token, actor, state, pid, result, text,
            started_at, ended_at, detached, due_at, due_cause FROM runs WHERE id = ?
            """, .bits(id.rawValue), as: Self.run)
    }

    /// The last run that its caller gave this word.
    public func run(token: String) throws(LedgerError) -> RunRow? {
        if token.isEmpty { return nil }
        return try connection.first(
            """
            SELECT id, project, workload, kind, command, token, actor, state, pid, result, text,
            started_at, ended_at, detached, due_at, due_cause FROM runs
            WHERE token = ? AND token <> '' ORDER BY id DESC LIMIT 1
            """, .bounded(token), as: Self.run)
    }

    /// The last runs, the newest first; of one project, or of all.
    public func runs(
        of project: ProjectName? = nil, limit: Int
    ) throws(LedgerError) -> [RunRow] {
        guard let project else {
            return try connection.all(
                """
                SELECT id, project, workload, kind, command, token, actor, state, pid, result, text,
                started_at, ended_at, detached, due_at, due_cause FROM runs ORDER BY id DESC LIMIT ?
                """, .integer(Int64(limit)), as: Self.run)
        }
        return try connection.all(
            """
            SELECT id, project, workload, kind, command, token, actor, state, pid, result, text,
            started_at, ended_at, detached, due_at, due_cause FROM runs WHERE project = ? ORDER BY id DESC LIMIT ?
            """, .text(project.text), .integer(Int64(limit)), as: Self.run)
    }

    /// The last run of a workload that is kept.
    public func lastRun(
        of workload: WorkloadName, in project: ProjectName
    ) throws(LedgerError) -> RunRow? {
        try connection.first(
            """
            SELECT id, project, workload, kind, command, token, actor, state, pid, result, text,
            started_at, ended_at, detached, due_at, due_cause FROM runs
            WHERE project = ? AND workload = ? ORDER BY id DESC LIMIT 1
            """, .text(project.text), .text(workload.text), as: Self.run)
    }

    /// Every run that was intended or is running, the oldest first.
    public func unfinishedRuns() throws(LedgerError) -> [RunRow] {
        try connection.all(
            """
            SELECT id, project, workload, kind, command, token, actor, state, pid, result, text,
            started_at, ended_at, detached, due_at, due_cause FROM runs WHERE state <= 1 ORDER BY id
            """, as: Self.run)
    }

    private static func run(_ row: Row) throws(LedgerError) -> RunRow {
        let state = StateColumns.state(
            row.integer(7), pid: row.optionalInteger(8), result: row.optionalInteger(9),
            text: row.text(10))
        guard let state else {
            throw .corrupt(path: row.path, detail: "the state of run \(row.bits(0))")
        }
        var run = RunRow(
            id: RunID(rawValue: row.bits(0)), project: try row.project(1),
            workload: try row.workload(2),
            kind: try row.value(3, "a kind of run") { RunRow.Kind(rawValue: $0) },
            command: CommandBytes.decode(row.blob(4)), token: row.text(5),
            actor: try row.number(6, "a user"), state: state, startedAt: row.integer(11))
        run.endedAt = row.optionalInteger(12)
        run.isDetached = row.integer(13) != 0
        run.due = row.optionalInteger(14).map { RunRow.Due(at: $0, cause: row.text(15)) }
        return run
    }
}
