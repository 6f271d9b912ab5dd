public import Plan

extension LedgerStore {
    /// What was decided last, the newest first; of one project, or of all.
    public func scheduleHistory(
        of project: ProjectName? = nil, limit: Int
    ) throws(LedgerError) -> [ScheduleRecord] {
        try connection.all(
            """
            SELECT number, at, cause, strategy, project, change, reason, outcome
            FROM schedule_decisions WHERE ?1 IS NULL OR project = ?1 ORDER BY id DESC LIMIT ?2
            """, .optional(project?.text), .integer(Int64(limit))
        ) { row throws(LedgerError) in
            ScheduleRecord(
                decision: row.integer(0), at: row.integer(1), cause: row.text(2),
                strategy: row.text(3), project: try row.project(4), change: row.text(5),
                reason: row.text(6), outcome: row.text(7))
        }
    }

    /// What was measured last, the oldest of it first.
    public func samples(limit: Int) throws(LedgerError) -> [ScheduleSample] {
        try connection.all(
            """
            SELECT project, at, span, cpu, memory, disk, slots, cpu_stall, memory_stall, io_stall,
            kills FROM schedule_samples ORDER BY id DESC LIMIT ?
            """, .integer(Int64(limit)), as: Self.sample
        ).reversed()
    }

    private static func sample(_ row: Row) throws(LedgerError) -> ScheduleSample {
        var sample = ScheduleSample(
            project: try row.project(0), at: row.integer(1), milliseconds: row.integer(2))
        sample.cpu = row.integer(3)
        sample.memory = row.integer(4)
        sample.disk = row.integer(5)
        sample.slots = row.integer(6)
        sample.cpuStall = row.integer(7)
        sample.memoryStall = row.integer(8)
        sample.ioStall = row.integer(9)
        sample.kills = row.integer(10)
        return sample
    }

    /// What an operator chose; nil: nothing.
    public func choice(_ name: String) throws(LedgerError) -> String? {
        try connection.first("SELECT value FROM choices WHERE name = ?", .text(name)) { row in
            row.text(0)
        }
    }
}
