public import Cgroups
public import Plan

/// What takes memory away step by step: `Quotas.Squeeze` says when to do what. Of a run, or of the
/// whole project.
extension LiveSandbox {
    /// Nil where there is no memory controller, or the run has ended.
    public func memoryState(of run: RunID?) -> MemoryState? {
        cgroup.memoryState(of: run.map(leaf))
    }

    public var canReclaimMemory: Bool { cgroup.canReclaimMemory }

    public func setMemoryHigh(_ high: Bytes?, of run: RunID?) throws(LaunchError) {
        try refusing { () throws(CgroupError) in
            try cgroup.setMemoryHigh(high, of: run.map(leaf))
        }
    }

    public func setMemoryMax(_ max: Bytes, of run: RunID?) throws(LaunchError) {
        try refusing { () throws(CgroupError) in
            try cgroup.setMemoryMax(max, of: run.map(leaf))
        }
    }

    public func reclaimMemory(_ bytes: Bytes, of run: RunID?) {
        cgroup.reclaimMemory(bytes, of: run.map(leaf))
    }

    /// Without waiting until it is so.
    public func askToFreeze(_ isFrozen: Bool) { cgroup.askToFreeze(isFrozen) }

    /// What the kernel says of a run's own limits.
    public func limitsInForce(of run: RunID) -> [LimitInForce] {
        cgroup.limitsInForce(of: leaf(of: run))
    }
}
