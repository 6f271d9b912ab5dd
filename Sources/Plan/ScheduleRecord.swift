/// What the scheduler changed for one project, as `bulkhead schedule history` tells it.
public struct ScheduleRecord: Hashable, Sendable {
    /// Shared by all that was decided at once.
    public var decision: Int64
    /// Nanoseconds since the epoch.
    public var at: Int64
    /// What called for the decision, in a word: `interval`, `pressure`, `operator`…
    public var cause: String
    /// As it is written in a configuration.
    public var strategy: String
    public var project: ProjectName
    /// `cpu_weight 100 → 4200, memory_low 0 → 1G`.
    public var change: String
    public var reason: String
    /// What became of it: `done`, or why it was refused.
    public var outcome: String

    public init(
        decision: Int64, at: Int64, cause: String, strategy: String, project: ProjectName,
        change: String, reason: String, outcome: String
    ) {
        self.decision = decision
        self.at = at
        self.cause = cause
        self.strategy = strategy
        self.project = project
        self.change = change
        self.reason = reason
        self.outcome = outcome
    }
}
