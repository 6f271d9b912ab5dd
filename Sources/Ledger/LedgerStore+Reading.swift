public import Plan

extension LedgerStore {
    /// Every project that is kept, by name, its services in their order. What was measured on
    /// another boot's clock is missing from them.
    public func projects() throws(LedgerError) -> [ProjectRecord] {
        var records = try connection.all(
            """
            SELECT name, phase, reason, goal, stage, up_since, due_at, attempts, declared, boot,
            leaving, asked_at, admitted, preemption, preempted_for, awake, spared
            FROM projects ORDER BY name
            """, as: project)
        for index in records.indices {
            let isOfThisBoot = records[index].isOfThisBoot
            records[index].record.services = try connection.all(
                """
                SELECT name, phase, reason, flags, run, started_at, due_at, stop_cause, restarts,
                consecutive, failures_at, stop FROM services WHERE project = ? ORDER BY position
                """, .text(records[index].record.name.text)
            ) { row throws(LedgerError) in
                try Self.service(row, isOfThisBoot: isOfThisBoot)
            }
        }
        return records.map { $0.record }
    }

    private func project(
        _ row: Row
    ) throws(LedgerError) -> (record: ProjectRecord, isOfThisBoot: Bool) {
        var record = ProjectRecord(
            name: try row.project(0), phase: row.text(1), reason: row.text(2),
            goal: try row.value(3, "a project's goal") { ProjectRecord.Goal(rawValue: $0) },
            stage: try row.value(4, "a project's stage") { ProjectRecord.Stage(rawValue: $0) },
            declared: try row.value(8, "a declared status") { DeclaredStatus(rawValue: $0) },
            services: [])
        record.attempts = try row.number(7, "a count of attempts")
        record.leaving = row.isNull(10) ? nil : StopOrder(line: row.text(10))
        let isOfThisBoot = row.text(9) == boot
        if isOfThisBoot {
            record.upSince = row.optionalInteger(5)
            record.dueAt = row.optionalInteger(6)
            if let askedAt = row.optionalInteger(11) { record.admission = .asked(since: askedAt) }
            if row.flag(12) { record.admission = .admitted }
        }
        record.preemption = try row.value(13, "a preemption") {
            ProjectRecord.Preemption(rawValue: $0)
        }
        record.preemptionReason = row.text(14)
        record.isAwake = row.flag(15)
        record.isSpared = isOfThisBoot && row.flag(16)
        return (record, isOfThisBoot)
    }

    private static func service(
        _ row: Row, isOfThisBoot: Bool
    ) throws(LedgerError) -> ServiceRecord {
        var service = ServiceRecord(name: try row.workload(0), phase: row.text(1))
        service.reason = row.text(2)
        ServiceFlags(rawValue: row.integer(3)).apply(to: &service)
        service.run = row.run(4)
        if !row.isNull(7) {
            service.stopCause = try row.value(7, "the cause of a stop") {
                ServiceRecord.StopCause(rawValue: $0)
            }
        }
        service.restarts = row.bits(8)
        service.consecutive = try row.number(9, "a count of restarts")
        guard let failures = unpacked(row.blob(10)) else {
            throw .corrupt(path: row.path, detail: "the failures of \(service.name.text)")
        }
        service.stop = row.isNull(11) ? nil : StopOrder(line: row.text(11))
        if isOfThisBoot {
            service.startedAt = row.optionalInteger(5)
            service.dueAt = row.optionalInteger(6)
            service.failuresAt = failures
        }
        return service
    }

    /// Every sandbox that was made or was being made, by project; of this boot or another.
    public func sandboxes() throws(LedgerError) -> [SandboxRecord] {
        try connection.all(
            """
            SELECT project, range_base, pid, start_time, boot, cgroup, launched_at FROM sandboxes
            ORDER BY project
            """
        ) { row throws(LedgerError) in
            let base: UInt32 = try row.number(1, "an id range")
            guard let range = IDRange(base: base) else {
                throw .corrupt(path: row.path, detail: "an id range begins with \(base)")
            }
            return SandboxRecord(
                project: try row.project(0), range: range, pid: try row.number(2, "a pid"),
                startTime: row.bits(3), boot: row.text(4), cgroup: row.text(5),
                launchedAt: row.integer(6))
        }
    }

    /// Events after the one with this number, the oldest first.
    public func events(after number: Int64, limit: Int) throws(LedgerError) -> [LedgerEvent] {
        try connection.all(
            """
            SELECT id, at, project, workload, run, severity, kind, text FROM events
            WHERE id > ? ORDER BY id LIMIT ?
            """, .integer(number), .integer(Int64(limit)), as: Self.event)
    }

    /// The last events, the oldest of them first; of one project, or of all.
    public func lastEvents(
        of project: ProjectName? = nil, limit: Int
    ) throws(LedgerError) -> [LedgerEvent] {
        try connection.all(
            """
            SELECT id, at, project, workload, run, severity, kind, text FROM events
            WHERE ?1 IS NULL OR project = ?1 ORDER BY id DESC LIMIT ?2
            """, .optional(project?.text), .integer(Int64(limit)), as: Self.event
        ).reversed()
    }

    private static func event(_ row: Row) throws(LedgerError) -> LedgerEvent {
        var event = LedgerEvent(
            at: row.integer(1), project: row.text(2).isEmpty ? nil : try row.project(2),
            workload: row.isNull(3) ? nil : try row.workload(3), run: row.run(4),
            severity: try row.number(5, "a severity"), kind: row.text(6), text: row.text(7))
        event.number = row.integer(0)
        return event
    }
}

extension Row {
    func project(_ column: CInt) throws(LedgerError) -> ProjectName {
        try value(column, "a project's name") { try? ProjectName($0) }
    }

    func workload(_ column: CInt) throws(LedgerError) -> WorkloadName {
        try value(column, "a workload's name") { try? WorkloadName($0) }
    }

    func run(_ column: CInt) -> RunID? { isNull(column) ? nil : RunID(rawValue: bits(column)) }
}
