public import Plan

/// The schedule: what was decided, what was measured, and what operators chose.
extension LedgerChanges {
    /// A number for a decision, which no other will ever have.
    public func nextDecision() throws(LedgerError) -> Int64 {
        let end = try connection.first(
            "UPDATE facts SET value = value + 1 WHERE name = 'next_decision' RETURNING value"
        ) { row in row.integer(0) }
        guard let end else { throw .corrupt(path: connection.path, detail: "no next decision") }
        return end - 1
    }

    /// Keeps what was decided, and forgets the oldest beyond `LedgerLimit.decisions`.
    public func append(_ record: ScheduleRecord) throws(LedgerError) {
        let number = try connection.first(
            """
            INSERT INTO schedule_decisions
            (number, at, cause, strategy, project, change, reason, outcome)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
            """, .integer(record.decision), .integer(record.at), .text(record.cause),
            .bounded(record.strategy), .text(record.project.text), .bounded(record.change),
            .bounded(record.reason), .bounded(record.outcome)
        ) { row in row.integer(0) }
        guard let number, number % 64 == 0 else { return }
        try connection.run(
            "DELETE FROM schedule_decisions WHERE id <= ?",
            .integer(number - LedgerLimit.decisions))
    }

    /// Keeps what was measured at once, and forgets what is too old or too much.
    public func append(_ samples: [ScheduleSample]) throws(LedgerError) {
        var last: Int64?
        for sample in samples {
            last = try connection.first(
                """
                INSERT INTO schedule_samples (at, project, span, cpu, memory, disk, slots,
                cpu_stall, memory_stall, io_stall, kills)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
                """, .integer(sample.at), .text(sample.project.text),
                .integer(sample.milliseconds), .integer(sample.cpu), .integer(sample.memory),
                .integer(sample.disk), .integer(sample.slots), .integer(sample.cpuStall),
                .integer(sample.memoryStall), .integer(sample.ioStall), .integer(sample.kills)
            ) { row in row.integer(0) }
        }
        guard let last, let newest = samples.last?.at else { return }
        try connection.run(
            "DELETE FROM schedule_samples WHERE id <= ? OR at < ?",
            .integer(last - LedgerLimit.samples),
            .integer(newest - LedgerLimit.samplesSeconds * 1_000_000_000))
    }

    /// Keeps what an operator chose, or forgets it.
    public func choose(_ name: String, _ value: String?) throws(LedgerError) {
        guard let value else {
            return try connection.run("DELETE FROM choices WHERE name = ?", .text(name))
        }
        try connection.run(
            "INSERT OR REPLACE INTO choices VALUES (?, ?)", .text(name), .bounded(value))
    }
}
