public import Plan

/// What may be changed in a transaction, and only there.
public struct LedgerChanges: ~Copyable {
    let connection: Connection
    let boot: String
    let chain: AuditChain

    init(connection: Connection, boot: String, chain: AuditChain) {
        self.connection = connection
        self.boot = boot
        self.chain = chain
    }

    /// Replaces what is kept of the project.
    public func save(_ record: ProjectRecord) throws(LedgerError) {
        let project = Value.text(record.name.text)
        try connection.run(
            """
            INSERT INTO projects
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
            ON CONFLICT DO UPDATE SET phase = ?2, reason = ?3, goal = ?4, stage = ?5, up_since = ?6,
            due_at = ?7, attempts = ?8, declared = ?9, boot = ?10,
            leaving = ?11, asked_at = ?12, admitted = ?13, preemption = ?14, preempted_for = ?15,
            awake = ?16, spared = ?17
            """, project, .text(record.phase), .bounded(record.reason),
            .text(record.goal.rawValue), .text(record.stage.rawValue), .optional(record.upSince),
            .optional(record.dueAt), .integer(Int64(record.attempts)),
            .text(record.declared.rawValue), .text(boot), .optional(record.leaving?.line),
            .optional(record.admission.askedAt), .flag(record.admission == .admitted),
            .text(record.preemption.rawValue), .bounded(record.preemptionReason),
            .flag(record.isAwake), .flag(record.isSpared))
        try connection.run("DELETE FROM services WHERE project = ?", project)
        for (position, service) in record.services.enumerated() {
            try connection.run(
                "INSERT INTO services VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                project, .integer(Int64(position)), .text(service.name.text), .text(service.phase),
                .bounded(service.reason), .integer(ServiceFlags(service).rawValue),
                .optional(service.run.map { Int64(bitPattern: $0.rawValue) }),
                .optional(service.startedAt), .optional(service.dueAt),
                .optional(service.stopCause?.rawValue), .bits(service.restarts),
                .integer(Int64(service.consecutive)), .blob(packed(service.failuresAt)),
                .optional(service.stop?.line))
        }
    }

    /// Forgets the project, its overrides, and its runs that have ended. That its sandbox is gone is another thing.
    public func forget(_ project: ProjectName) throws(LedgerError) {
        try connection.run("DELETE FROM projects WHERE name = ?", .text(project.text))
        try connection.run(
            "DELETE FROM runs WHERE project = ? AND state > 1", .text(project.text))
        try connection.run("DELETE FROM overrides WHERE project = ?", .text(project.text))
    }

    /// Replaces what is kept of the project's sandbox.
    public func save(_ sandbox: SandboxRecord) throws(LedgerError) {
        try connection.run(
            "INSERT OR REPLACE INTO sandboxes VALUES (?, ?, ?, ?, ?, ?, ?)",
            .text(sandbox.project.text), .integer(Int64(sandbox.range.base)),
            .integer(Int64(sandbox.pid)), .bits(sandbox.startTime), .text(sandbox.boot),
            .text(sandbox.cgroup), .integer(sandbox.launchedAt))
    }

    /// The project has no sandbox any more.
    public func removeSandbox(of project: ProjectName) throws(LedgerError) {
        try connection.run("DELETE FROM sandboxes WHERE project = ?", .text(project.text))
    }

    /// Keeps an event, and forgets the oldest beyond `LedgerLimit.events`.
    public func append(_ event: LedgerEvent) throws(LedgerError) {
        let number = try connection.first(
            """
            INSERT INTO events (at, project, workload, run, severity, kind, text)
            VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
            """, .integer(event.at), .text(event.project?.text ?? ""),
            .optional(event.workload?.text),
            .optional(event.run.map { Int64(bitPattern: $0.rawValue) }),
            .integer(Int64(event.severity)), .bounded(event.kind), .bounded(event.text)
        ) { row in row.integer(0) }
        // Not each time: it would touch a page at the other end of the table.
        guard let number, number % 64 == 0 else { return }
        try connection.run(
            "DELETE FROM events WHERE id <= ?", .integer(number - LedgerLimit.events))
    }
}

extension Value {
    /// `text`, or as much of it as the ledger takes.
    static func bounded(_ text: String) -> Value {
        if text.utf8.count <= LedgerLimit.textBytes { return .text(text) }
        // Decoding mends a character that was cut.
        return .text(String(decoding: text.utf8.prefix(LedgerLimit.textBytes), as: UTF8.self))
    }
}

/// Eight bytes each, the lowest first.
func packed(_ numbers: [Int64]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(numbers.count * 8)
    for number in numbers {
        for shift in stride(from: 0, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
    return bytes
}

/// What `packed` made; nil where it made no such thing.
func unpacked(_ bytes: [UInt8]) -> [Int64]? {
    if bytes.count % 8 != 0 { return nil }
    return stride(from: 0, to: bytes.count, by: 8).map { start in
        var number: Int64 = 0
        for index in 0..<8 { number |= Int64(bytes[start + index]) << (8 * index) }
        return number
    }
}
