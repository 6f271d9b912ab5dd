internal import Cgroups
internal import EventLoop
internal import Journal
internal import Launch
internal import Ledger
internal import Plan
internal import Quotas
internal import Supervision
internal import Syscalls

/// Limits put in force, and written down as they are: from that the next supervisor tells what others
/// have changed while none was there.
extension Supervisor {
    /// The limits of a live project, or of one of its runs.
    struct WantedLimits {
        /// Nil: the project's own.
        let run: HeldRun?
        var limits: Limits
    }

    /// The limits that a run has below its project's; nil: it has none of its own that could change.
    func limits(of run: HeldRun, in policy: ProjectPolicy) -> Limits? {
        switch run.kind {
        case .service: return policy.service(run.workload)?.limits
        case .task:
            guard var limits = policy.tasks.first(where: { $0.name == run.task })?.limits else {
                return nil
            }
            for (name, value) in run.ownLimits { limits[name] = value }
            return limits
        case .exec, .probe: return nil
        }
    }

    /// Writes all limits of a live project and of its runs.
    ///
    /// - Parameter goals: limits on memory that are still to be lowered: as the kernel has them.
    func putInForce(
        _ policy: ProjectPolicy, except goals: [MemoryShrink.Goal] = []
    ) throws(LaunchError) {
        let project = policy.name
        guard let held = sandboxes[project], !held.isEnding else { return }
        let wanted = wanted(policy, held, except: goals)
        if wanted.contains(where: { $0.limits != recorded($0, held) }) {
            limitsWillChange(of: held)
        }
        try held.sandbox.updateLogRate(policy.logRate)
        for each in wanted {
            guard let run = each.run else {
                try held.sandbox.updateLimits(each.limits, allowUnlimited: policy.allowUnlimited)
                continue
            }
            let changed = try held.sandbox.updateLimits(of: run.id, to: each.limits)
            if !changed.isEmpty || run.limitWatches.isEmpty { watchLimits(of: run, in: held) }
        }
        limitStorage(of: policy)
        // A limit that was never set before may have a file only now.
        watchLimits(of: held)
        if !quotas.isBusy(project) && quotas.settling[project] == nil { record(wanted, held) }
    }

    private func wanted(
        _ policy: ProjectPolicy, _ held: HeldSandbox, except goals: [MemoryShrink.Goal]
    ) -> [WantedLimits] {
        var found = [WantedLimits(run: nil, limits: policy.limits)]
        for run in runs.values where run.project == policy.name {
            guard let limits = limits(of: run, in: policy) else { continue }
            found.append(WantedLimits(run: run, limits: limits))
        }
        for index in found.indices {
            let run = found[index].run?.id
            guard goals.contains(where: { $0.run == run }),
                let state = held.sandbox.memoryState(of: run)
            else { continue }
            found[index].limits.memoryMax = state.max
            found[index].limits.memoryHigh = state.high
        }
        return found
    }

    // MARK: Written down

    private func recorded(_ wanted: WantedLimits, _ held: HeldSandbox) -> Limits? {
        guard let run = wanted.run else { return held.recordedLimits }
        return run.recordedLimits
    }

    /// Before limits of a live project are touched: what is found of them may be half of ours.
    func limitsWillChange(of held: HeldSandbox) {
        if held.recordedLimits == nil { return }
        write([LimitsRecord(project: held.policy.name, limits: nil)])
        held.recordedLimits = nil
    }

    private func record(_ wanted: [WantedLimits], _ held: HeldSandbox) {
        var records: [LimitsRecord] = []
        for each in wanted where each.limits != recorded(each, held) {
            let run = each.run
            records.append(
                LimitsRecord(
                    project: held.policy.name, run: run?.id,
                    workload: run.map { $0.task ?? $0.workload }, limits: each.limits))
            if let run {
                run.recordedLimits = each.limits
            } else {
                held.recordedLimits = each.limits
            }
        }
        write(records)
    }

    /// A sandbox was made with these.
    func limitsAreInForce(_ limits: Limits, of held: HeldSandbox) {
        record([WantedLimits(run: nil, limits: limits)], held)
    }

    /// A run has begun with the limits that hold.
    func limitsAreInForce(of run: HeldRun, in held: HeldSandbox) {
        guard let policy = effectivePolicy(of: run.project),
            let limits = limits(of: run, in: policy)
        else { return }
        watchLimits(of: run, in: held)
        record([WantedLimits(run: run, limits: limits)], held)
    }

    func forgetLimits(of run: HeldRun) {
        if run.recordedLimits == nil { return }
        run.recordedLimits = nil
        do throws(LedgerError) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.removeLimits(of: run.project, run.id)
            }
        } catch { journal.report(error) }
    }

    /// Where it cannot be written, the next supervisor takes ours for somebody else's, and leaves it.
    private func write(_ records: [LimitsRecord]) {
        if records.isEmpty { return }
        do throws(LedgerError) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                for record in records { try changes.save(record) }
            }
        } catch { journal.report(error) }
    }

    // MARK: Taken over

    /// What was last put in force in a sandbox that was taken over; what others have changed since then is
    /// told and left.
    func recallLimits(of held: HeldSandbox, _ policy: ProjectPolicy) throws {
        let project = policy.name
        let records = try ledger.limitsInForce(of: project)
        // While they were being changed, nobody knows whose it is that is there.
        guard let own = records.first(where: { $0.run == nil })?.limits else { return }
        do throws(LaunchError) {
            try held.sandbox.recall(own, allowUnlimited: policy.allowUnlimited)
            held.recordedLimits = own
            for record in records {
                guard let id = record.run, let run = runs[id], let limits = record.limits else {
                    continue
                }
                try held.sandbox.recall(limits, allowUnlimited: policy.allowUnlimited, of: id)
                run.recordedLimits = limits
                if run.kind == .task { recallTask(of: run, record.workload, limits, policy) }
            }
        } catch {
            // A device that it names is gone, for example: then nothing can be compared with it.
            return journal.report(host.diagnosis(of: error))
        }
        lookForOutsideChanges(of: held, whileAway: true)
    }

    private func recallTask(
        of run: HeldRun, _ task: WorkloadName?, _ limits: Limits, _ policy: ProjectPolicy
    ) {
        run.task = task
        guard let usual = policy.tasks.first(where: { $0.name == task })?.limits else { return }
        for name in Set(usual.names).union(limits.names) where usual[name] != limits[name] {
            run.ownLimits[name] = limits[name] ?? .unlimited
        }
    }
}
