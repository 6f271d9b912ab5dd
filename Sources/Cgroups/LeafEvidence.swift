public import Plan

/// What the kernel counted of a run's leaf and of the project around it.
public struct LeafEvidence: Hashable, Sendable {
    public var own: CgroupUsage
    public var ownLimits: Limits
    public var whole: CgroupUsage
    public var wholeLimits: Limits
    /// What the project's `memory.events` said as the run began; nil: nobody looked.
    public var before: CgroupUsage.MemoryEvents?

    public init(
        own: CgroupUsage = CgroupUsage(), ownLimits: Limits = Limits(),
        whole: CgroupUsage = CgroupUsage(), wholeLimits: Limits = Limits(),
        before: CgroupUsage.MemoryEvents? = nil
    ) {
        self.own = own
        self.ownLimits = ownLimits
        self.whole = whole
        self.wholeLimits = wholeLimits
        self.before = before
    }

    /// Whether the project's own limit killed for memory while the run was there.
    public var projectRanOut: Bool { (whole.memory?.oom ?? 0) > (before?.oom ?? 0) }

    /// Whose limit of memory killed in the leaf: its own, or that of its project. False for a shortage
    /// outside of both.
    public var isOwnMemory: Bool { (own.memory?.oom ?? 0) > 0 && ownLimits.memoryMax != nil }

    /// What limits had to do with the end of the run.
    public func findings(
        _ end: RunEnd, timeLimit: Milliseconds?, killed: [RunEvidence.KilledProcess],
        logged: [OutOfMemoryKill] = []
    ) -> [LimitFinding] {
        var usage = own
        var limits = ownLimits
        // A kill in the leaf that its own limit did not bring about, in a sandbox whose limit was
        // reached: that was it.
        if let events = own.memory, events.oomKill > 0, events.oom == 0, projectRanOut {
            usage.memory?.oom = 1
            usage.memoryPeak = whole.memoryPeak
            limits.memoryMax = wholeLimits.memoryMax
        }
        if limits.pidsMax == nil, let refused = own.forksRefused, refused > 0 {
            limits.pidsMax = wholeLimits.pidsMax
            usage.pidsPeak = whole.pidsPeak
        }
        return LimitFinding.all(
            in: RunEvidence(
                limits: limits, usage: usage, exitStatus: end.exitStatus, timeLimit: timeLimit,
                killed: killed, outOfMemoryKills: logged))
    }
}

extension Limits {
    /// Those of memory and processes that control files name.
    public init(inForce found: [LimitInForce]) {
        self.init()
        for limit in found {
            guard let number = UInt64(limit.value) else { continue }
            switch limit.file {
            case "memory.max": memoryMax = Bytes(number)
            case "pids.max": pidsMax = UInt32(clamping: number)
            default: continue
            }
        }
    }
}
