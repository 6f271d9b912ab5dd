public import Audit
public import Plan

/// Which records somebody wants to see.
public struct AuditFilter: Hashable, Sendable {
    /// Nil, here and below: any.
    public var project: ProjectName?
    public var workload: WorkloadName?
    public var run: RunID?
    /// Words of BULKHEAD_EVENT, and `control.*` for all that begin so; empty: any.
    public var events: [String] = []
    /// A user's name, or digits: the number of who asked or of who had logged in.
    public var actor: String?
    /// The number of the user who is called so, where that is known: it is looked for likewise.
    public var actorUser: UInt32?
    /// Fields that are to have one of these values.
    public var values: [String: [String]] = [:]
    /// Of syslog(3): this one and what is more urgent.
    public var priority: Int?
    /// Microseconds since the epoch, both included.
    public var since: Int64?
    public var until: Int64?

    public init() {}

    /// By what the entry says, whether it is to be trusted or not.
    public func includes(_ event: AuditEvent) -> Bool {
        if let since, event.at < since { return false }
        if let until, event.at > until { return false }
        if let project, event.text(AuditField.project) != project.text { return false }
        if let workload, event.text(AuditField.workload) != workload.text { return false }
        if let run, event.text(AuditField.run) != run.description { return false }
        if let actor, !isActor(actor, of: event) { return false }
        if let priority, event.priority > priority { return false }
        for (field, wanted) in values where !wanted.contains(event.text(field)) { return false }
        return events.isEmpty || events.contains { pattern in fits(event.event, pattern) }
    }

    /// Whether records of this kind are wanted at all.
    public func includes(_ kind: AuditKind) -> Bool {
        events.isEmpty || events.contains { pattern in fits(kind.rawValue, pattern) }
    }

    private func fits(_ word: String, _ pattern: String) -> Bool {
        guard pattern.utf8.last == UInt8(ascii: "*") else { return word == pattern }
        return word.utf8.starts(with: pattern.utf8.dropLast())
    }

    private func isActor(_ actor: String, of event: AuditEvent) -> Bool {
        if event.text(AuditField.actor) == actor { return true }
        guard let number = (UInt32(actor) ?? actorUser).map(String.init) else { return false }
        return event.text(AuditField.actorUser) == number
            || event.text(AuditField.actorLoginUser) == number
    }

    /// What is looked for, in words: `of project 'shop', by 'alice'`; empty: anything.
    ///
    /// - Parameter moment: a time, in microseconds since the epoch, for a person.
    public func text(_ moment: (Int64) -> String) -> String {
        func either(_ words: [String]) -> String { words.map(quoted).joined(separator: " or ") }
        var parts: [String] = []
        if let project { parts.append("of project \(quoted(project.text))") }
        if let workload { parts.append("of workload \(quoted(workload.text))") }
        if let run { parts.append("of run \(run)") }
        if !events.isEmpty { parts.append("of kind \(either(events))") }
        if let actor { parts.append("by \(quoted(actor))") }
        for (field, wanted) in values.sorted(by: { $0.key < $1.key }) {
            parts.append("with \(printable(field)) \(either(wanted))")
        }
        if let priority { parts.append("of priority \(priority) or above") }
        if let since { parts.append("since \(moment(since))") }
        if let until { parts.append("until \(moment(until))") }
        return parts.joined(separator: ", ")
    }
}
