public import Audit
public import Plan

/// A session's recording whose record is not written yet: its recorder is at work, or has ended a moment
/// ago.
public struct RecordingRow: Hashable, Sendable {
    /// Of its file, in the directory of recordings.
    public let name: String
    /// The number of the session.
    public let session: UInt64
    public let run: RunID
    public let project: ProjectName
    public let workload: WorkloadName
    public let kind: SessionRow.Kind
}

extension LedgerChanges {
    /// In the transaction that opens its session.
    func insert(_ row: RecordingRow) throws(LedgerError) {
        try connection.run(
            """
            INSERT INTO recordings (name, session, run, project, workload, kind)
            VALUES (?, ?, ?, ?, ?, ?)
            """, .text(row.name), .bits(row.session), .bits(row.run.rawValue),
            .text(row.project.text), .text(row.workload.text), .text(row.kind.rawValue))
    }

    /// Records what became of it; it is not open any more.
    public func close(_ row: RecordingRow, with entry: AuditEntry) throws(LedgerError) {
        try connection.run("DELETE FROM recordings WHERE name = ?", .text(row.name))
        try append(entry)
    }
}

extension LedgerStore {
    /// All whose records are not written yet.
    public func openRecordings() throws(LedgerError) -> [RecordingRow] {
        try connection.all(
            "SELECT name, session, run, project, workload, kind FROM recordings ORDER BY session"
        ) { row throws(LedgerError) in
            guard let project = try? ProjectName(row.text(3)),
                let workload = try? WorkloadName(row.text(4)),
                let kind = SessionRow.Kind(rawValue: row.text(5))
            else { throw .corrupt(path: row.path, detail: "recording \(row.text(0))") }
            return RecordingRow(
                name: row.text(0), session: row.bits(1), run: RunID(rawValue: row.bits(2)),
                project: project, workload: workload, kind: kind)
        }
    }
}
