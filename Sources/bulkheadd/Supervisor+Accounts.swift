internal import Cgroups
internal import Launch
internal import Ledger
internal import Observing
internal import Plan
internal import Seccomp
internal import Supervision
internal import Syscalls

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
        for actor in [stop?.actor, run.sent?.actor] {
            if let actor { evidence.userNames[actor] = host.userName(actor) }
        }
        if let held = sandboxes[run.project] { gather(&evidence, of: run, in: held) }
        return evidence.account()
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
        evidence.profile = fleet.policy(of: run.project)?.seccompProfile
        let kills = facts.leaf.own.memory?.oomKill ?? 0
        let isDenied = evidence.end == .killed(signal: UInt8(Signal.SIGSYS.rawValue))
        // Also of one whose cgroup and its counters have gone with it.
        if kills == 0 && !isDenied && evidence.end != .lost { return }
        let names = Set(facts.killed.map(\.command))
        for attempt in 0... {
            kernelLog?.read()
            evidence.logged = (kernelLog?.kills(since: run.logMark) ?? []).filter {
                $0.hostPID == run.pid || (names.contains($0.command) && held.hasUser($0.user))
            }
            evidence.denied = run.pid.flatMap {
                kernelLog?.seccompKill(ofProcess: $0, since: run.logMark)
            }
            let isThere = isDenied ? evidence.denied != nil : !evidence.logged.isEmpty
            // The counter is first, the record follows within microseconds; but the kernel may leave
            // records out (kernel.printk_ratelimit).
            if isThere || evidence.end == .lost || attempt == Self.logWaitsMax { break }
            sleep(milliseconds: 1)
        }
        evidence.deniedCall = evidence.denied.flatMap { systemCallName($0.call) }
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
