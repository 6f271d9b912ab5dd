public import Cgroups
public import Plan
internal import Syscalls

extension LiveSandbox {
    /// Stops every run, or lets them go on; init stays awake. Throws where they could not all be stopped
    /// in time; they are as soon as they can be.
    public func freeze() throws(LaunchError) { try setFrozen(true) }
    public func thaw() throws(LaunchError) { try setFrozen(false) }

    /// Whether every run is stopped.
    public var isFrozen: Bool { cgroup.isFrozen }

    /// Whether every process of every run has come to a stop.
    public var isStill: Bool { cgroup.isStill }

    private func setFrozen(_ isFrozen: Bool) throws(LaunchError) {
        try refusing { () throws(CgroupError) in
            try cgroup.setFrozen(isFrozen, withinMilliseconds: freezingMillisecondsMax)
        }
    }

    /// What the sandbox has used since it was launched.
    public func usage() -> CgroupUsage { cgroup.usage() }

    /// What a run has used; a service's run: since it started.
    public func usage(of run: RunID) -> CgroupUsage {
        cgroup.usage(of: leaf(of: run))
    }

    /// What it uses at this moment, or one of its runs: cheap enough to be asked every second.
    public func sample(of run: RunID? = nil) -> CgroupSample {
        cgroup.sample(of: run.map(leaf(of:)))
    }

    /// The same from these control files alone: `memory.events.local` in place of `memory.events` says
    /// what the project's own limits did.
    public func usage(only files: Set<String>) -> CgroupUsage { cgroup.usage(only: files) }
    public func usage(of run: RunID, only files: Set<String>) -> CgroupUsage {
        cgroup.usage(of: leaf(of: run), only: files)
    }

    /// What the kernel says of the sandbox's limits.
    public func limitsInForce() -> [LimitInForce] { cgroup.limitsInForce() }

    /// Its processes, at most `limit` of them, init first. Those that end meanwhile are left out.
    public func processes(limit: Int = 4_096) -> [SandboxProcess] {
        var owners: [CgroupLeaf: RunID] = [:]
        for (run, live) in runs { owners[live.leaf(run)] = run }
        var found: [SandboxProcess] = []
        for leaf in cgroup.leaves() {
            let run = owners[leaf]
            for pid in cgroup.pids(in: leaf) {
                if found.count == limit { return found }
                let process = SandboxProcess(
                    pid, workload: run.flatMap { runs[$0]?.workload }, run: run,
                    range: record.range
                ) { cgroup.holds(pid: pid, in: leaf) }
                if let process { found.append(process) }
            }
        }
        return found
    }

    /// What is known of a run that has ended; to be asked before its leaf is removed.
    public func facts(of run: RunID) -> RunFacts {
        let leaf = leaf(of: run)
        return RunFacts(
            leaf: LeafEvidence(
                own: cgroup.usage(of: leaf),
                ownLimits: Limits(inForce: cgroup.limitsInForce(of: leaf)), whole: cgroup.usage(),
                wholeLimits: Limits(inForce: cgroup.limitsInForce()), before: runs[run]?.before),
            killed: killed(in: run), lastWords: lastWords[run] ?? [])
    }

    /// Processes of a run that died of SIGKILL, as far as init has told.
    public func killed(in run: RunID) -> [RunEvidence.KilledProcess] {
        (casualties[run] ?? []).map {
            RunEvidence.KilledProcess(
                pid: Int32(clamping: $0.pid), command: String(decoding: $0.name, as: UTF8.self))
        }
    }

    /// Why a run ended as it did, from what the kernel counted; to be asked before its leaf is removed.
    ///
    /// - Parameters:
    ///   - timeLimit: where that ended it.
    ///   - stopped: in a few words, where it was ended by us and not by itself: `stopped by an operator`.
    public func verdict(
        on run: RunID, _ end: RunEnd, timeLimit: Milliseconds? = nil, stopped: String? = nil
    ) -> RunVerdict {
        let facts = facts(of: run)
        return RunVerdict(
            end,
            findings: facts.leaf.findings(end, timeLimit: timeLimit, killed: facts.killed),
            stopped: stopped)
    }

    /// The directory with the control files of the project's limits; nil where it is gone.
    public var limitedDirectory: String? { cgroup.limitedDirectory }
    /// That of a run's leaf.
    public func directory(of run: RunID) -> String { "\(cgroup.path)/\(leaf(of: run).path)" }
}

/// What is known of a run that has ended.
public struct RunFacts: Sendable {
    public var leaf: LeafEvidence
    /// Processes of it that died of SIGKILL, as init saw them.
    public var killed: [RunEvidence.KilledProcess]
    /// The end of what it wrote where that is logged.
    public var lastWords: [UInt8]
}

/// A process that sleeps uninterruptibly stops when that is over; for others milliseconds do.
private let freezingMillisecondsMax: Int64 = 2_000
