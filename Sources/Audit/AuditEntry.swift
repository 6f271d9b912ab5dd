public import Plan

/// What is to be recorded, before it has its place in the chain.
public struct AuditEntry: Hashable, Sendable {
    public let kind: AuditKind
    /// Of syslog(3).
    public let priority: UInt8
    /// One line for a person.
    public private(set) var message: String
    /// Nil: of the supervisor itself.
    public let project: ProjectName?
    public let workload: WorkloadName?
    public let run: RunID?
    /// All others, in no order.
    public private(set) var details: [(name: String, value: String)] = []

    /// Longer values are cut to so many bytes of UTF-8, the mark included. With its name a field stays below
    /// the 4,096 bytes beyond which `journalctl -o json` shows none of it.
    public static let valueBytesMax = 4_000
    /// At the end of a value that was cut.
    public static let cutMark = "…"

    /// A value as a record has it: whole, or cut between two characters, with the mark.
    static func bounded(_ value: String) -> String {
        if value.utf8.count <= valueBytesMax { return value }
        return value.beginning(bytesMax: valueBytesMax - cutMark.utf8.count) + cutMark
    }

    public init(
        _ kind: AuditKind, _ message: String, project: ProjectName? = nil,
        workload: WorkloadName? = nil, run: RunID? = nil, priority: UInt8? = nil,
        origin: AuditOrigin? = nil, details: [(name: String, value: String)] = []
    ) {
        self.kind = kind
        self.priority = priority ?? kind.priority
        self.message = message
        self.project = project
        self.workload = workload
        self.run = run
        if let origin { add(origin) }
        for (name, value) in details { add(name, value) }
    }

    /// Adds a field; one that is empty says nothing, and of one that is there already the first stays.
    public mutating func add(_ name: String, _ value: String) {
        if value.isEmpty || details.contains(where: { $0.name == name }) { return }
        details.append((name, value))
    }

    /// Goes on with the line for a person.
    public mutating func say(_ more: String) { message += more }

    private mutating func add(_ origin: AuditOrigin) {
        add(AuditField.via, origin.via.rawValue)
        add(AuditField.actor, origin.actor)
        add(AuditField.reason, origin.reason)
        switch origin.via {
        case .cli, .api: break
        case .configuration, .scheduler, .supervisor, .outside: return
        }
        add(AuditField.actorUser, String(origin.user))
        if let group = origin.group { add(AuditField.actorGroup, String(group)) }
        if let user = origin.loginUser { add(AuditField.actorLoginUser, String(user)) }
        if origin.pid > 0 { add(AuditField.actorPID, String(origin.pid)) }
        if let unit = origin.unit { add(AuditField.actorUnit, unit) }
    }

    public static func == (one: AuditEntry, other: AuditEntry) -> Bool {
        one.kind == other.kind && one.priority == other.priority && one.message == other.message
            && one.project == other.project && one.workload == other.workload
            && one.run == other.run
            && one.details.elementsEqual(other.details) { $0 == $1 }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(message)
        hasher.combine(project)
    }
}
