/// What one project used over a span of time, as it was measured for the scheduler: kept so that the same
/// history can be scheduled again in another way.
public struct ScheduleSample: Hashable, Sendable {
    public var project: ProjectName
    /// The end of the span, in nanoseconds since the epoch.
    public var at: Int64
    public var milliseconds: Int64
    /// Millicores, the mean.
    public var cpu: Int64
    /// Bytes, the most.
    public var memory: Int64
    /// Bytes at its end.
    public var disk: Int64
    /// Agents that it wanted.
    public var slots: Int64
    /// Thousandths of the span in which something stood still for want of it: PSI, `some`.
    public var cpuStall: Int64
    public var memoryStall: Int64
    public var ioStall: Int64
    /// Processes that were killed at a limit on memory.
    public var kills: Int64

    public init(project: ProjectName, at: Int64, milliseconds: Int64) {
        self.project = project
        self.at = at
        self.milliseconds = milliseconds
        cpu = 0
        memory = 0
        disk = 0
        slots = 0
        cpuStall = 0
        memoryStall = 0
        ioStall = 0
        kills = 0
    }
}
