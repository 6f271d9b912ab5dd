extension LedgerStore {
    /// The number of the configuration in force; nil: none was ever applied.
    public func activeVersion() throws(LedgerError) -> Int64? {
        let number = try connection.first("SELECT value FROM facts WHERE name = 'active_version'") {
            row in row.integer(0)
        }
        guard let number, number > 0 else { return nil }
        return number
    }

    /// The last configurations, the newest first.
    public func history(limit: Int) throws(LedgerError) -> [ConfigurationVersion] {
        let active = try activeVersion()
        return try connection.all(
            """
            SELECT number, applied_at, actor, via, projects, summary FROM versions
            ORDER BY number DESC LIMIT ?
            """, .integer(Int64(limit))
        ) { row throws(LedgerError) in
            ConfigurationVersion(
                number: row.integer(0), appliedAt: row.integer(1),
                actor: try row.number(2, "a user"), via: row.text(3),
                projects: try row.number(4, "a count of projects"), summary: row.text(5),
                isActive: row.integer(0) == active)
        }
    }

    /// The files of a configuration, in their order; `notFound` where there is no such version, or no
    /// longer.
    public func files(ofVersion number: Int64) throws(LedgerError) -> [ConfigurationFile] {
        let isKept = try connection.first(
            "SELECT 1 FROM versions WHERE number = ?", .integer(number)
        ) { _ in true }
        if isKept == nil { throw .notFound("configuration version \(number)") }
        return try connection.all(
            """
            SELECT name, bytes FROM files JOIN contents ON contents.id = content
            WHERE version = ? ORDER BY position
            """, .integer(number)
        ) { row in ConfigurationFile(name: row.text(0), content: row.blob(1)) }
    }

    /// Files that were about to be written or removed; empty: nothing was cut off.
    public func pendingFiles() throws(LedgerError) -> [PendingFile] {
        try connection.all("SELECT name, bytes FROM pending_files ORDER BY position") { row in
            PendingFile(name: row.text(0), content: row.isNull(1) ? nil : row.blob(1))
        }
    }
}
