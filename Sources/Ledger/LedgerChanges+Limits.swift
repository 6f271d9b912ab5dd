public import Plan

/// What was last put in force, so that what others change meanwhile can be told from it.
extension LedgerChanges {
    /// Keeps it in the place of what is kept of that project or run.
    public func save(_ record: LimitsRecord) throws(LedgerError) {
        try connection.run(
            "INSERT OR REPLACE INTO limits_in_force VALUES (?, ?, ?, ?)",
            .text(record.project.text), .bits(record.run?.rawValue ?? 0),
            .text(record.workload?.text ?? ""), .optional(record.limits?.lines))
    }

    /// Forgets that of a run that is over.
    public func removeLimits(of project: ProjectName, _ run: RunID) throws(LedgerError) {
        try connection.run(
            "DELETE FROM limits_in_force WHERE project = ? AND run = ?", .text(project.text),
            .bits(run.rawValue))
    }

    /// Forgets that of a sandbox that is gone, and of all its runs.
    public func removeLimits(of project: ProjectName) throws(LedgerError) {
        try connection.run(
            "DELETE FROM limits_in_force WHERE project = ?", .text(project.text))
    }
}

extension LedgerStore {
    /// What was last put in force, the project's own first; without limits where they cannot be read,
    /// for then nothing can be compared with them.
    public func limitsInForce(of project: ProjectName) throws(LedgerError) -> [LimitsRecord] {
        try connection.all(
            """
            SELECT run, workload, content FROM limits_in_force WHERE project = ? ORDER BY run
            """, .text(project.text)
        ) { row throws(LedgerError) in
            let run = row.bits(0)
            return LimitsRecord(
                project: project, run: run == 0 ? nil : RunID(rawValue: run),
                workload: run == 0 ? nil : try row.workload(1),
                limits: row.isNull(2) ? nil : Limits(lines: row.text(2)))
        }
    }
}

extension Limits {
    /// A line for each, `1G memory`. The text of a value has neither spaces nor line breaks, that of a name
    /// no line breaks: `PlainPath` refuses them.
    fileprivate var lines: String {
        var text = ""
        for name in names { text += "\(self[name]?.text ?? "") \(name.text)\n" }
        return text
    }

    /// Nil where that is no text of `lines`.
    fileprivate init?(lines: String) {
        self.init()
        for line in lines.split(separator: "\n") {
            guard let space = line.utf8.firstIndex(of: UInt8(ascii: " ")),
                let name = try? LimitName(
                    parsing: String(line[line.utf8.index(after: space)...]), for: "limit"),
                let value = LimitValue(kept: String(line[..<space]), of: name)
            else { return nil }
            self[name] = value
        }
    }
}
