internal import Cgroups
internal import Launch
internal import Ledger
internal import Observing
internal import Plan
internal import Seccomp
internal import Supervision
internal import Syscalls
internal import Volumes

/// Why runs ended: the evidence is gathered while it is there, before the run's cgroup goes.
extension Supervisor {
    /// Nil for a run that ended well and by itself: there is nothing to explain.
    ///
    /// - Parameter reason: why its sandbox is gone, where that ended it.
    func account(of run: HeldRun, _ end: RunEnd, lost reason: String) -> RunAccount? {
        if run.kind == .probe { return nil }
        let stop = stopOrder(of: run, end)
        // Nothing hindered it, and looking costs two dozen files.
        if end.isSuccess && stop == nil && run.sent == nil { return nil }
        var evidence = EndEvidence(run.id, run.project, run.workload, run.kind, end)
        evidence.pid = run.pid
        evidence.stop = stop
        evidence.sent = run.sent
        evidence.lossReason = reason
        evidence.command = commandOnTheSpot(of: run)
        for actor in [stop?.actor, run.sent?.actor] {
            if let actor { evidence.userNames[actor] = host.userName(actor) }
        }
        if let held = sandboxes[run.project] { gather(&evidence, of: run, in: held) }
        return evidence.account()
    }

    /// What was run, where no configuration has it.
    private func commandOnTheSpot(of run: HeldRun) -> [String]? {
        if isConfigured(run.workload, in: run.project) { return nil }
        // Where it cannot be read, the suggestion has a word in its place.
        return (try? ledger.run(run.id))??.command ?? []
    }

    /// Whether it has limits that could be changed.
    func isConfigured(_ workload: WorkloadName, in project: ProjectName) -> Bool {
        guard let policy = fleet.policy(of: project) else { return true }
        return policy.service(workload) != nil || policy.tasks.contains { $0.name == workload }
    }

    private func stopOrder(of run: HeldRun, _ end: RunEnd) -> StopOrder? {
        if let order = run.stop ?? fleet.stopOrder(of: run.id) { return order }
        return end == .lost ? departure ?? fleet.stopOrder(of: run.project) : nil
    }

    private func gather(_ evidence: inout EndEvidence, of run: HeldRun, in held: HeldSandbox) {
        let facts = held.sandbox.facts(of: run.id)
        evidence.leaf = facts.leaf
        evidence.killed = facts.killed
        evidence.log = lastLines(of: facts.lastWords)
        evidence.disk = diskUsage(of: run.project)
        evidence.diskMet = run.fullDisk
        evidence.hasFixedInodes = volume(of: run.project)?.kind == .image
        evidence.profile = fleet.policy(of: run.project)?.seccompProfile
        let kills = facts.leaf.own.memory?.oomKill ?? 0
        let isDenied = evidence.end == .killed(signal: UInt8(Signal.SIGSYS.rawValue))
        // Also of one whose cgroup and its counters have gone with it.
        if kills == 0 && !isDenied && evidence.end != .lost { return }
        for attempt in 0... {
            kernelLog?.read()
            evidence.logged = logged(of: run, in: held, among: facts.killed)
            evidence.denied =
                seccompKill(of: run, in: held, isItsEnd: isDenied)
                ?? run.pid.flatMap { kernelLog?.seccompKill(ofProcess: $0, since: run.logMark) }
            let isThere = isDenied ? evidence.denied != nil : !evidence.logged.isEmpty
            // The counter is first, the record follows within microseconds; but the kernel may leave
            // records out (kernel.printk_ratelimit).
            if isThere || evidence.end == .lost || attempt == Self.logWaitsMax { break }
            sleep(milliseconds: 1)
        }
        evidence.deniedCall = evidence.denied.flatMap {
            systemCallName($0.call, architecture: $0.architecture)
        }
    }

    /// What the kernel's log has of a run: what was killed in its cgroup; where the log does not say where
    /// it was, its first process, and others that init saw die of SIGKILL.
    func logged(
        of run: HeldRun, in held: HeldSandbox, among killed: [RunEvidence.KilledProcess]
    ) -> [OutOfMemoryKill] {
        let names = Set(killed.map(\.command))
        let leaf = held.sandbox.directory(of: run.id)
        return (kernelLog?.kills(since: run.logMark) ?? []).filter { kill in
            if kill.hostPID == run.pid { return true }
            if let cgroup = kill.cgroup { return leaf.hasSuffix(cgroup) }
            return names.contains(kill.command) && held.hasUser(kill.user)
        }
    }

    private static let logWaitsMax = 4
}

extension HeldSandbox {
    /// Whether the host's user is one of the sandbox's.
    func hasUser(_ user: UInt32) -> Bool {
        let range = sandbox.record.range
        return (range.base...range.host(IDRange.count - 1)).contains(user)
    }
}
