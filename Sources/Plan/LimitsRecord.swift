/// The limits that were last put in force, of a live project or of one of its runs: what the kernel says
/// beside them, somebody else said.
public struct LimitsRecord: Hashable, Sendable {
    public var project: ProjectName
    /// Nil: the project's own.
    public var run: RunID?
    /// The service or declared task that the run is of; nil: the project's own.
    public var workload: WorkloadName?
    /// Nil while they are being changed: what is found may then be half of ours.
    public var limits: Limits?

    public init(
        project: ProjectName, run: RunID? = nil, workload: WorkloadName? = nil, limits: Limits?
    ) {
        self.project = project
        self.run = run
        self.workload = workload
        self.limits = limits
    }
}
