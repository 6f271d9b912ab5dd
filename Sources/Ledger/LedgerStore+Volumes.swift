public import Plan

extension LedgerStore {
    /// Every volume that was made or was being made, by project.
    public func volumes() throws(LedgerError) -> [VolumeRecord] {
        try connection.all(
            """
            SELECT project, kind, state, project_id, identity, path, made_at FROM volumes
            ORDER BY project, is_own
            """, as: Self.volume)
    }

    /// What the project has: a volume, or with `isOwn` its own directory, whose files are counted.
    public func volume(
        of project: ProjectName, isOwn: Bool
    ) throws(LedgerError) -> VolumeRecord? {
        try connection.first(
            """
            SELECT project, kind, state, project_id, identity, path, made_at FROM volumes
            WHERE project = ? AND is_own = ?
            """, .text(project.text), .flag(isOwn), as: Self.volume)
    }

    private static func volume(_ row: Row) throws(LedgerError) -> VolumeRecord {
        VolumeRecord(
            project: try row.project(0),
            kind: try row.value(1, "the kind of a volume") { VolumeKind(rawValue: $0) },
            state: try row.value(2, "the state of a volume") { VolumeRecord.State(rawValue: $0) },
            projectID: try row.number(3, "a project id"), identity: row.text(4), path: row.text(5),
            madeAt: row.integer(6))
    }
}

extension LedgerChanges {
    /// Replaces what is kept of the volume.
    public func save(_ volume: VolumeRecord) throws(LedgerError) {
        try connection.run(
            "INSERT OR REPLACE INTO volumes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            .text(volume.project.text), .flag(volume.isOwn), .text(volume.kind.rawValue),
            .text(volume.state.rawValue), .integer(Int64(volume.projectID)),
            .text(volume.identity), .text(volume.path), .integer(volume.madeAt))
    }

    /// The project has no such volume any more.
    public func removeVolume(of project: ProjectName, isOwn: Bool) throws(LedgerError) {
        try connection.run(
            "DELETE FROM volumes WHERE project = ? AND is_own = ?", .text(project.text),
            .flag(isOwn))
    }

    /// A number that files can count for and that no other project will ever get.
    public func reserveProjectID() throws(LedgerError) -> UInt32 {
        let next = try connection.first(
            "UPDATE facts SET value = value + 1 WHERE name = 'next_project_id' RETURNING value"
        ) { row in row.integer(0) }
        guard let next, let id = UInt32(exactly: next) else {
            throw .corrupt(path: connection.path, detail: "no next project id")
        }
        return id
    }
}
