public import Plan

/// Something that happened and that people want to know: what the supervisor reports, kept.
public struct LedgerEvent: Hashable, Sendable {
    /// Growing from event to event; 0 before it is kept.
    public var number: Int64
    /// Nanoseconds since the epoch.
    public var at: Int64
    /// Nil: of the supervisor itself.
    public var project: ProjectName?
    public var workload: WorkloadName?
    public var run: RunID?
    /// Of syslog(3).
    public var severity: UInt8
    public var kind: String
    /// One line for a person.
    public var text: String

    public init(
        at: Int64, project: ProjectName?, workload: WorkloadName? = nil, run: RunID? = nil,
        severity: UInt8, kind: String, text: String
    ) {
        number = 0
        self.at = at
        self.project = project
        self.workload = workload
        self.run = run
        self.severity = severity
        self.kind = kind
        self.text = text
    }
}
