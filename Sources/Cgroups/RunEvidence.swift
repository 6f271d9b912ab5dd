public import Plan

/// What is known of a run that has ended, as far as limits may have had a part in it.
public struct RunEvidence: Hashable, Sendable {
    /// What a process was killed as, seen from inside.
    public struct KilledProcess: Hashable, Sendable {
        /// In the sandbox's pid namespace.
        public let pid: Int32
        public let command: String

        public init(pid: Int32, command: String) {
            self.pid = pid
            self.command = command
        }
    }

    /// The limits that were in force.
    public var limits: Limits
    /// Of the run's own cgroup, so counted from zero.
    public var usage: CgroupUsage
    /// The command's exit status as a shell has it: 137 where it, or what it waited for, was killed.
    public var exitStatus: Int32
    /// The time limit, where that ended the run.
    public var timeLimit: Milliseconds?
    /// What init reaped that had died of SIGKILL: the command, and orphans.
    public var killed: [KilledProcess]
    /// What the kernel's log says of the sandbox's users.
    public var outOfMemoryKills: [OutOfMemoryKill]

    public init(
        limits: Limits, usage: CgroupUsage, exitStatus: Int32, timeLimit: Milliseconds? = nil,
        killed: [KilledProcess] = [], outOfMemoryKills: [OutOfMemoryKill] = []
    ) {
        self.limits = limits
        self.usage = usage
        self.exitStatus = exitStatus
        self.timeLimit = timeLimit
        self.killed = killed
        self.outOfMemoryKills = outOfMemoryKills
    }
}
