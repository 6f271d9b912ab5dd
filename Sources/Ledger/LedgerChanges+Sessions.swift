public import Audit
public import Plan
internal import Syscalls

/// Somebody's connection to what runs in a project: written down from when it is there until it has
/// gone, whichever supervisor sees that.
public struct SessionRow: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A command with pipes or files of its caller's.
        case exec
        /// A command with a terminal.
        case shell
        /// The terminal of what ran already.
        case attach
    }

    public let id: UInt64
    public let run: RunID
    public let project: ProjectName
    public let workload: WorkloadName
    public let kind: Kind
    /// Who opened it: the words of `AuditOrigin.actor`.
    public let actor: String
    public let user: UInt32
    /// Microseconds since the epoch.
    public let openedAt: Int64
}

extension LedgerChanges {
    /// Writes down that a session is open, and records it.
    ///
    /// - Parameters:
    ///   - command: what is run; empty: what ran already.
    ///   - recording: the name and the path of the file that it is recorded in, and what of it is: one
    ///     word; nil: it is not.
    public func openSession(
        _ kind: SessionRow.Kind, run: RunID, project: ProjectName, workload: WorkloadName,
        command: String, by origin: AuditOrigin,
        recording: (name: String, path: String, extent: String)?
    ) throws(LedgerError) {
        let id = try connection.first(
            """
            INSERT INTO sessions (run, project, workload, kind, actor, user, opened_at)
            VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
            """, .bits(run.rawValue), .text(project.text), .text(workload.text),
            .text(kind.rawValue), .bounded(origin.actor), .integer(Int64(origin.user)),
            .integer(realtimeNanoseconds() / 1_000)
        ) { row in row.bits(0) }
        guard let id else { throw .corrupt(path: connection.path, detail: "no next session") }
        try append(
            AuditEntry(
                .sessionOpened, "\(origin.actor) opened \(kind.phrase) in run \(run)",
                project: project, workload: workload, run: run, origin: origin,
                details: [
                    (AuditField.session, String(id)), (AuditField.sessionKind, kind.rawValue),
                    (AuditField.terminal, kind == .exec ? "no" : "yes"),
                    (AuditField.command, command),
                    (AuditField.recording, recording?.path ?? ""),
                    (AuditField.recorded, recording?.extent ?? ""),
                ]))
        guard let recording else { return }
        try insert(
            RecordingRow(
                name: recording.name, session: id, run: run, project: project, workload: workload,
                kind: kind))
    }

    /// Writes down that the run's sessions of these kinds are over, and records each of them.
    ///
    /// - Parameters:
    ///   - cause: one word.
    ///   - how: a sentence's end.
    public func closeSessions(
        of run: RunID, _ kinds: [SessionRow.Kind], _ cause: String, _ how: String
    ) throws(LedgerError) {
        for session in try sessions(in: connection, of: run) where kinds.contains(session.kind) {
            try connection.run("DELETE FROM sessions WHERE id = ?", .bits(session.id))
            // A clock that was set back has no negative spans.
            let span = max(0, realtimeNanoseconds() / 1_000 - session.openedAt)
            try append(
                AuditEntry(
                    .sessionClosed,
                    "\(session.kind.phrase) of \(session.actor) in run \(run) is over: \(how)",
                    project: session.project, workload: session.workload, run: run,
                    details: [
                        (AuditField.session, String(session.id)),
                        (AuditField.sessionKind, session.kind.rawValue),
                        (AuditField.actor, session.actor),
                        (AuditField.actorUser, String(session.user)),
                        (AuditField.cause, cause), (AuditField.duration, String(span)),
                    ]))
        }
    }
}

extension LedgerStore {
    /// All that are open, the oldest first.
    public func openSessions() throws(LedgerError) -> [SessionRow] {
        try sessions(in: connection, of: nil)
    }
}

extension SessionRow.Kind {
    fileprivate var phrase: String {
        switch self {
        case .exec: "a session"
        case .shell: "a session at a terminal"
        case .attach: "a session at a terminal that was there"
        }
    }
}

/// - Parameter run: nil: of all of them.
private func sessions(
    in connection: Connection, of run: RunID?
) throws(LedgerError) -> [SessionRow] {
    try connection.all(
        """
        SELECT id, run, project, workload, kind, actor, user, opened_at FROM sessions
        WHERE ?1 IS NULL OR run = ?1 ORDER BY id
        """, .optional(run.map { Int64(bitPattern: $0.rawValue) })
    ) { row throws(LedgerError) in
        guard let project = try? ProjectName(row.text(2)),
            let workload = try? WorkloadName(row.text(3)),
            let kind = SessionRow.Kind(rawValue: row.text(4)),
            let user = UInt32(exactly: row.integer(6))
        else { throw .corrupt(path: row.path, detail: "session \(row.bits(0))") }
        return SessionRow(
            id: row.bits(0), run: RunID(rawValue: row.bits(1)), project: project,
            workload: workload, kind: kind, actor: row.text(5), user: user,
            openedAt: row.integer(7))
    }
}
