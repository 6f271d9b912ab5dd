internal import Plan

/// The fields of a journal entry that tell whose line it is, as they are there.
struct EntryFields {
    /// `_SYSTEMD_UNIT`: the unit of the process that wrote the entry. journald adds it itself; no
    /// program can say it of itself (systemd.journal-fields(7)).
    var unit: [UInt8]?
    /// `BULKHEAD_PROJECT` and its like, which anybody may write.
    var project: [UInt8]?
    var workload: [UInt8]?
    var run: [UInt8]?
    var priority: [UInt8]?
    var message: [UInt8]?
}

/// A line of a project's log.
struct LogLine: Hashable {
    /// Microseconds since the epoch.
    var at: UInt64
    var project: ProjectName
    /// Empty: of the project as a whole, from the supervisor.
    var workload: String
    var run: RunID?
    /// Of syslog(3).
    var priority: UInt8
    var message: String

    /// Longer lines are cut here: init cuts them earlier.
    static let messageBytesMax = 65_536
    /// The unit of the supervisor, which writes of every project.
    static let supervisorUnit = "bulkhead.service"

    /// The unit that the processes of a project are in.
    static func unit(of project: ProjectName) -> String { "bulkhead-\(project.unitPart).scope" }

    /// The line; nil where the entry is none, is not of who it says, or was not asked for.
    init?(_ fields: EntryFields, at: UInt64, for request: LogRequest) {
        guard let name = fields.project, let project = try? ProjectName(Self.text(name)),
            let unit = fields.unit.map(Self.text),
            unit == Self.unit(of: project) || unit == Self.supervisorUnit
        else { return nil }
        if let wanted = request.project, project != wanted { return nil }
        let workload = fields.workload.map(Self.text) ?? ""
        // Names only: what else stands there was never written by init.
        if !workload.isEmpty, (try? WorkloadName(workload)) == nil { return nil }
        if let wanted = request.workload, workload != wanted.text { return nil }
        let run = fields.run.flatMap { UInt64(Self.text($0)) }.map(RunID.init(rawValue:))
        if let wanted = request.run, run != wanted { return nil }
        if let since = request.since, at < since { return nil }
        self.at = at
        self.project = project
        self.workload = workload
        self.run = run
        priority = fields.priority.flatMap { UInt8(Self.text($0)) }.map { min($0, 7) } ?? 6
        let text = Self.text(Array((fields.message ?? []).prefix(Self.messageBytesMax)))
        // The supervisor names its subject, which the line has already.
        let subject = workload.isEmpty ? "\(project.text): " : "\(project.text)/\(workload): "
        let isItsOwn = unit == Self.supervisorUnit && text.hasPrefix(subject)
        message = isItsOwn ? String(text.utf8.dropFirst(subject.utf8.count)) ?? text : text
    }

    /// What is no UTF-8 becomes U+FFFD.
    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
