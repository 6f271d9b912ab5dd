/// Everything that `bulkhead run` will do, decided before anything is done: one command in a sandbox
/// of its own. `bulkhead run --plan` prints it and `Launch` follows it.
public struct LaunchPlan: Hashable, Sendable {
    public var name: SandboxName
    public var sandbox: SandboxPlan
    public var workload: WorkloadPlan
    public var interactive: Bool
    public var timeLimit: Milliseconds?
    public var grace: Milliseconds

    public init(
        name: SandboxName, sandbox: SandboxPlan, workload: WorkloadPlan, interactive: Bool,
        timeLimit: Milliseconds?, grace: Milliseconds
    ) {
        self.name = name
        self.sandbox = sandbox
        self.workload = workload
        self.interactive = interactive
        self.timeLimit = timeLimit
        self.grace = grace
    }
}
