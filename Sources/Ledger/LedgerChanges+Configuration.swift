extension LedgerChanges {
    /// Keeps a configuration as the next version and tells its number; does not make it the active
    /// one. A file that is as it was in the version before takes no room. The oldest versions beyond
    /// `LedgerLimit.versions` are forgotten, but not the active one.
    ///
    /// - Parameters:
    ///   - appliedAt: nanoseconds since the epoch.
    ///   - actor: the user who applied it.
    ///   - via: how, in a word or two.
    ///   - projects: how many it has.
    ///   - summary: what it changes, in one line.
    public func appendVersion(
        files: [ConfigurationFile], appliedAt: Int64, actor: UInt32, via: String, projects: Int,
        summary: String
    ) throws(LedgerError) -> Int64 {
        try Self.check(files.map { ($0.name, $0.content.count) })
        let number = try connection.first(
            """
            INSERT INTO versions (applied_at, actor, via, projects, summary)
            VALUES (?, ?, ?, ?, ?) RETURNING number
            """, .integer(appliedAt), .integer(Int64(actor)), .bounded(via),
            .integer(Int64(projects)), .bounded(summary)
        ) { row in row.integer(0) }
        guard let number else { throw .corrupt(path: connection.path, detail: "no version") }
        for (position, file) in files.enumerated() {
            let content = try content(of: file, before: number)
            try connection.run(
                "INSERT INTO files VALUES (?, ?, ?, ?)", .integer(number),
                .integer(Int64(position)), .text(file.name), .integer(content))
        }
        try connection.run(
            """
            DELETE FROM versions WHERE number <= ?
            AND number <> (SELECT value FROM facts WHERE name = 'active_version')
            """, .integer(number - LedgerLimit.versions))
        try connection.run("DELETE FROM contents WHERE id NOT IN (SELECT content FROM files)")
        return number
    }

    /// Says which version is in force; `notFound` where it is not kept.
    public func setActiveVersion(_ number: Int64) throws(LedgerError) {
        try connection.run(
            """
            UPDATE facts SET value = ?1 WHERE name = 'active_version'
            AND EXISTS (SELECT 1 FROM versions WHERE number = ?1)
            """, .integer(number))
        if connection.changeCount == 0 { throw .notFound("configuration version \(number)") }
    }

    /// Writes down what is about to become of files, in this order, in place of what was there; with
    /// no files: it is done.
    public func setPendingFiles(_ files: [PendingFile]) throws(LedgerError) {
        try Self.check(files.map { ($0.name, $0.content?.count ?? 0) })
        try connection.run("DELETE FROM pending_files")
        for (position, file) in files.enumerated() {
            try connection.run(
                "INSERT INTO pending_files VALUES (?, ?, ?)", .integer(Int64(position)),
                .text(file.name), file.content.map { .blob($0) } ?? .null)
        }
    }

    /// The row that holds the file's bytes: that of the last version before which has the same.
    private func content(
        of file: ConfigurationFile, before number: Int64
    ) throws(LedgerError) -> Int64 {
        let kept = try connection.first(
            """
            SELECT content FROM files JOIN contents ON contents.id = content
            WHERE version = (SELECT max(number) FROM versions WHERE number < ?)
            AND name = ? AND bytes = ?
            """, .integer(number), .text(file.name), .blob(file.content)
        ) { row in row.integer(0) }
        if let kept { return kept }
        let added = try connection.first(
            "INSERT INTO contents (bytes) VALUES (?) RETURNING id", .blob(file.content)
        ) { row in row.integer(0) }
        guard let added else { throw .corrupt(path: connection.path, detail: "no content") }
        return added
    }

    private static func check(_ files: [(name: String, bytes: Int)]) throws(LedgerError) {
        if files.count > LedgerLimit.files {
            throw .tooLarge(
                "the configuration's files", count: files.count, limit: LedgerLimit.files)
        }
        let bytes = files.reduce(0) { $0 + $1.bytes }
        if bytes > LedgerLimit.fileBytes {
            throw .tooLarge("the configuration's bytes", count: bytes, limit: LedgerLimit.fileBytes)
        }
    }
}
