internal import Configuration
internal import EventLoop
internal import Journal
internal import Launch
internal import Ledger
internal import Plan
internal import Quotas
internal import Scheduling
internal import Supervision
internal import Syscalls

/// What was measured becomes decisions, and decisions changes of limits.
extension Supervisor {
    /// A difference that is less than this part is left: nobody would feel it.
    private static let differenceLeast = 0.1
    /// What calls for a decision often comes with more of the kind.
    private static let patienceMilliseconds: Int64 = 1_000

    /// The machine's week, and milliseconds of a clock that does not go back.
    private var scheduleTime: (minute: Int, milliseconds: Int64) {
        (
            MachineWeek.minute(at: realtimeNanoseconds() / 1_000_000_000),
            monotonicMicroseconds() / 1_000
        )
    }

    /// Something happened that may change who gets what.
    func scheduleSoon(_ cause: String) {
        if schedule.cause != nil { return }
        schedule.cause = cause
        sampler?.come(inMilliseconds: Self.patienceMilliseconds)
    }

    /// Every live project was looked at.
    func sampled(_ samples: [ScheduleSample]) {
        if isBeginning || fleet.isClosing { return }
        do throws(LedgerError) {
            if !samples.isEmpty {
                try ledger.transaction(.process) { changes throws(LedgerError) in
                    try changes.append(samples)
                }
            }
        } catch { journal.report(error) }
        do throws(InvalidValue) {
            try synchronizedScheduler()
            let time = scheduleTime
            for sample in samples {
                let use = Use(sample)
                schedule.uses[sample.project] = use
                try schedule.scheduler?.observe(
                    sample.project, use, at: time.milliseconds, minuteOfWeek: time.minute)
            }
        } catch { return journal.report(error) }
        schedule.uses = schedule.uses.filter { sandboxes[$0.key] != nil }
        lookAtMachine()
        let rebalance = schedule.tunables.rebalanceMilliseconds * 1_000_000
        if let cause = schedule.cause {
            schedule.cause = nil
            decideSchedule(cause)
        } else if abs(realtimeNanoseconds() - schedule.decidedAt) >= rebalance {
            decideSchedule("interval")
        } else if samples.contains(where: outgrowsLimit) {
            decideSchedule("memory")
        } else if keepsHours {
            // Hours begin and end by the minute.
            decideSchedule("hours")
        }
    }

    /// Whether a project is close to a limit on memory that follows what it uses, or was killed at it: until
    /// the next division it would be killed, again and again. Half of the margin is left by then.
    private func outgrowsLimit(_ sample: ScheduleSample) -> Bool {
        if strategy != .dynamic { return false }
        if sample.kills > 0 { return true }
        guard let limit = effectiveLimits(of: sample.project).memoryMax else { return false }
        return Double(sample.memory) * (1 + schedule.tunables.margin / 2) > Double(limit.count)
    }

    /// Whether any project's hours began or ended since the last decision.
    private var keepsHours: Bool {
        let minute = scheduleTime.minute
        return schedule.settled.pausing.contains { name, hours in
            // Whoever is awake is as all others from then on.
            hours.contains(minuteOfWeek: minute)
                == (fleet.isAwake(name) || fleet.preemption(of: name) == .resting)
        }
    }

    /// Divides what there is and puts it in force.
    func decideSchedule(_ cause: String) {
        if case .custom(let path) = strategy { return askCustom(path, cause) }
        schedule.customRefusal = nil
        decideSchedule(cause, answer: nil)
    }

    func decideSchedule(_ cause: String, answer: CustomAnswer?) {
        do throws(InvalidValue) {
            try synchronizedScheduler()
            let time = scheduleTime
            // In place: whatever is copied is copied for every project.
            schedule.decision = schedule.scheduler?.decide(
                at: time.milliseconds, minuteOfWeek: time.minute, answer: answer)
            schedule.decidedAt = realtimeNanoseconds()
            let shares = schedule.scheduler?.shares ?? []
            rest(by: shares)
            enqueue(changes(by: shares), cause)
        } catch { journal.report(error) }
    }

    /// What would be changed now, without any of it being changed.
    func plannedChanges() throws(InvalidValue) -> [ScheduleChange] {
        var scheduler = try synchronizedScheduler()
        let time = scheduleTime
        _ = scheduler.decide(at: time.milliseconds, minuteOfWeek: time.minute)
        return changes(by: scheduler.shares)
    }

    // MARK: Hours

    /// Lets those stand still whose hours are over, where that is wanted, and the others go on.
    private func rest(by shares: [Decision.Share]) {
        for share in shares {
            let project = share.name
            let isAwake = fleet.isAwake(project)
            let preemption = fleet.preemption(of: project)
            if !share.isPaused {
                if isAwake || preemption == .resting { handle(.hoursBegan(project)) }
            } else if !isAwake, preemption == .none {
                handle(.preempted(project, .resting, reason: "its work hours are over"))
            }
        }
    }

    // MARK: Changes

    /// What has to become another limit for `shares` to be in force.
    private func changes(by shares: [Decision.Share]) -> [ScheduleChange] {
        if strategy == .static { return withdrawn() }
        var changes: [ScheduleChange] = []
        for share in shares where isScheduled(share.name) {
            guard let policy = settled(share.name)?.policy else { continue }
            changes += self.changes(for: share, policy, now: effectiveLimits(of: share.name))
        }
        return changes
    }

    /// Everything that the scheduler moved is what people say again.
    private func withdrawn() -> [ScheduleChange] {
        quotas.overrides.all(via: .scheduler).compactMap { row in
            let project = row.target.project
            if schedule.ladder.rung(of: project) != .none { return nil }
            return ScheduleChange(
                project: project, name: row.name, from: row.value, to: nil,
                reason: "the strategy moves nothing")
        }
    }

    private func changes(
        for share: Decision.Share, _ policy: ProjectPolicy, now: Limits
    ) -> [ScheduleChange] {
        let project = share.name
        var changes: [ScheduleChange] = []
        func move(_ name: LimitName, to value: LimitValue, _ reason: Reason) {
            if quotas.isSetByPerson(project, name) { return }
            let old = now[name]
            guard let new = value.number, Self.differs(old?.number, new, name) else { return }
            changes.append(
                ScheduleChange(
                    project: project, name: name, from: old, to: value, reason: reason.text))
        }
        // What the ladder has taken is given back by the ladder.
        if schedule.ladder.rung(of: project) == .none {
            move(.cpuWeight, to: .count(UInt64(share.cpuWeight)), share.cpuReason)
            if policy.limits.ioWeight != nil {
                move(.ioWeight, to: .count(UInt64(share.cpuWeight)), share.cpuReason)
            }
        }
        let limit = dynamicLimit(share, policy)
        let most = min(
            limit ?? .max, policy.limits.memoryMax?.count ?? .max, now.memoryHigh?.count ?? .max)
        let low = max(share.memoryLow, policy.limits.memoryLow?.count ?? 0)
        move(.memoryLow, to: .bytes(Self.whole(min(low, most))), share.memoryReason)
        if let limit { move(.memory, to: .bytes(Self.whole(limit)), share.limitReason) }
        return changes
    }

    /// `memory` as the strategy moves it: no more than people allow, and no less than what is above its
    /// other limits would make a contradiction of.
    private func dynamicLimit(_ share: Decision.Share, _ policy: ProjectPolicy) -> UInt64? {
        guard let wanted = share.memoryLimit, let most = policy.limits.memoryMax?.count else {
            return nil
        }
        var least = max(
            Limits.memoryLeast.count, policy.limits.memoryMin?.count ?? 0,
            policy.limits.memoryHigh?.count ?? 0, policy.limits.memoryLow?.count ?? 0)
        for limits in policy.services.map(\.limits) + policy.tasks.map(\.limits) {
            least = max(least, limits.memoryMax?.count ?? 0, limits.memoryHigh?.count ?? 0)
        }
        return min(max(wanted, least), most)
    }

    /// In whole mebibytes, which people can read, and the kernel keeps pages.
    private static func whole(_ bytes: UInt64) -> Bytes {
        Bytes(bytes >= 1 << 20 ? bytes & ~((1 << 20) - 1) : 0)
    }

    private static func differs(_ old: UInt64?, _ new: UInt64, _ name: LimitName) -> Bool {
        let usual: UInt64 = name == .cpuWeight || name == .ioWeight ? 100 : 0
        let before = Double(old ?? (name.canBeUnlimited ? .max : usual))
        let after = Double(new)
        // A limit on memory has a hysteresis of its own: one that has to grow cannot wait for a tenth, which is
        // most of the margin that keeps the project from being killed.
        if name == .memory { return before != after }
        return abs(after - before) >= max(before, after) * differenceLeast && before != after
    }
}
