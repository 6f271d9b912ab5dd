internal import Cgroups
internal import Configuration
internal import Control
internal import EventLoop
internal import Journal
internal import Ledger
internal import Plan
internal import Quotas
internal import Scheduling
internal import Supervision
internal import Syscalls

/// Room that is made while the whole machine stalls, and given back when it is at ease.
extension Supervisor {
    /// A trigger fires when tasks of the machine stalled for so much of a second, in microseconds.
    private static let triggers: [(resource: Pressure.Resource, stall: Int64)] = [
        (.memory, 150_000), (.io, 300_000),
    ]
    private static let triggerWindow: Int64 = 1_000_000
    /// One look at everything is enough in this time, in microseconds.
    private static let triggerRest: Int64 = 5_000_000

    /// How far projects may be cut back.
    private var preemptionPolicy: GlobalSettings.PreemptionPolicy {
        active.configuration.global.preemption ?? (strategy == .static ? .off : .stop)
    }

    /// Hears of stalls of the machine; where the kernel has no PSI they are seen at the next look.
    func watchMachine() {
        for (resource, stall) in Self.triggers {
            guard
                let made = try? PressureTrigger(
                    "/proc/pressure/\(resource.rawValue)", stall: stall,
                    window: Self.triggerWindow)
            else { continue }
            let trigger = CounterWatch.Trigger(made)
            trigger.source = try? loop.watch(trigger.trigger.descriptor.number, for: .urgent) {
                [unowned self] _ in machineStalled()
            }
            schedule.triggers.append(trigger)
        }
    }

    private func machineStalled() {
        if loop.now < schedule.triggersRestUntil || isBeginning { return }
        schedule.triggersRestUntil = loop.now + Self.triggerRest
        if strategy != .static || preemptionPolicy != .off { scheduleSoon("pressure") }
    }

    /// One rung up or down, if the machine's pressure asks for one.
    func lookAtMachine() {
        defer { releaseAgain() }
        schedule.pressure = machinePressure()
        let policy = preemptionPolicy
        let pressure = commonPressure(schedule.pressure)
        // Who went takes no room any more.
        for step in schedule.ladder.steps where fleet.policy(of: step.name) == nil {
            schedule.ladder.release(step.name)
        }
        if schedule.ladder.isAtEase(pressure), fleet.sparesAnybody { handle(.machineEased) }
        if policy == .off {
            while let move = schedule.ladder.giveBack() { take(move) }
            return
        }
        let move = schedule.ladder.step(
            pressure: pressure,
            candidates: schedule.ladder.isPressed(pressure) ? candidates(policy) : [],
            at: monotonicMicroseconds() / 1_000)
        if let move { take(move) }
    }

    private func candidates(
        _ policy: GlobalSettings.PreemptionPolicy
    ) -> [PreemptionLadder.Candidate] {
        let most: PreemptionLadder.Rung =
            switch policy {
            case .off: .none
            case .squeeze: .squeezed
            case .freeze: .frozen
            case .stop: .stopped
            }
        return sandboxes.keys.sorted().compactMap { project in
            guard let use = schedule.uses[project], let subject = settled(project)?.subject,
                !fleet.isSpared(project), fleet.preemption(of: project) != .resting,
                schedule.ladder.rung(of: project) < most, fleet.stopOrder(of: project) == nil,
                fleet.goal(of: project) == .active
            else { return nil }
            return PreemptionLadder.Candidate(
                name: project, priority: subject.priority, guarantee: subject.guarantee,
                allocation: schedule.scheduler?.share(of: project)?.allocation ?? .zero,
                use: Amounts(cpu: use.cpu, memory: use.memory, disk: use.disk))
        }
    }

    private func take(_ move: PreemptionLadder.Move) {
        let project = move.name
        let reason = move.cause.text
        tell(of: move.to, to: project)
        switch move.to {
        case .stopped: handle(.preempted(project, .stopped, reason: reason))
        case .frozen: handle(.preempted(project, .frozen, reason: reason))
        case .squeezed:
            if move.from > .squeezed {
                handle(.preempted(project, .none, reason: reason))
            } else {
                enqueue(squeeze(project, reason), "pressure")
            }
        case .none:
            if move.from > .squeezed { handle(.preempted(project, .none, reason: reason)) }
            enqueue(release(project, reason), "ease")
        }
        note(
            Report(
                project: project, severity: move.to > move.from ? .warning : .notice,
                kind: "project.preemption",
                text: "is \(Self.word(move.to)) now: \(reason)"))
        remember(move)
    }

    /// In the history of the schedule, beside the limits that came of it.
    private func remember(_ move: PreemptionLadder.Move) {
        let at = realtimeNanoseconds()
        do throws(LedgerError) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.append(
                    ScheduleRecord(
                        decision: try changes.nextDecision(), at: at,
                        cause: move.to > move.from ? "pressure" : "ease", strategy: strategy.text,
                        project: move.name,
                        change: "\(Self.word(move.from)) → \(Self.word(move.to))",
                        reason: move.cause.text, outcome: "done"))
            }
        } catch { journal.report(error) }
    }

    /// Before it is done: runs that asked for it hear of it.
    private func tell(of rung: PreemptionLadder.Rung, to project: ProjectName) {
        let notice: PreemptionNotice =
            switch rung {
            case .none: .none
            case .squeezed: .squeeze
            case .frozen: .freeze
            case .stopped: .stop
            }
        for run in runs.values where run.project == project && run.pid != nil {
            sandboxes[project]?.notice(notice, run.id)
        }
    }

    private static func word(_ rung: PreemptionLadder.Rung) -> String {
        switch rung {
        case .none: "as it was"
        case .squeezed: "squeezed"
        case .frozen: "frozen"
        case .stopped: "stopped"
        }
    }

    /// Less memory in use, and less of the processors while others want them.
    private func squeeze(_ project: ProjectName, _ reason: String) -> [ScheduleChange] {
        guard let now = effectivePolicy(of: project)?.limits, let use = schedule.uses[project]
        else { return [] }
        var high = UInt64(
            PreemptionLadder.squeezedMemory(
                use: use.memory,
                share: schedule.scheduler?.share(of: project)?.allocation[.memory] ?? 0,
                protected: Double(max(now.memoryMin?.count ?? 0, now.memoryLow?.count ?? 0))))
        if let most = now.memoryMax?.count { high = min(high, most) }
        if let most = now.memoryHigh?.count { high = min(high, most) }
        let weight = UInt64(PreemptionLadder.squeezedWeight(Double(now.cpuWeight ?? 100)))
        return [
            change(project, .cpuWeight, now[.cpuWeight], .count(weight), reason),
            change(project, .memoryHigh, now[.memoryHigh], .bytes(Bytes(high)), reason),
        ].compactMap { $0 }
    }

    private func change(
        _ project: ProjectName, _ name: LimitName, _ from: LimitValue?, _ to: LimitValue,
        _ reason: String
    ) -> ScheduleChange? {
        if quotas.isSetByPerson(project, name) || from == to { return nil }
        return ScheduleChange(project: project, name: name, from: from, to: to, reason: reason)
    }

    /// What a squeeze took; the next decision weighs it anew.
    private func release(_ project: ProjectName, _ reason: String) -> [ScheduleChange] {
        scheduleSoon("ease")
        schedule.released.insert(project)
        return [LimitName.cpuWeight, .memoryHigh].compactMap { name in
            guard let row = quotas.overrides[QuotaTarget(project), name], row.via == .scheduler
            else { return nil }
            return ScheduleChange(
                project: project, name: name, from: row.value, to: nil, reason: reason)
        }
    }

    /// A release that met limits that somebody was changing, or that was refused, is tried again.
    private func releaseAgain() {
        // What is under way may be it.
        if schedule.released.isEmpty || schedule.isChanging || !schedule.batches.isEmpty { return }
        for project in schedule.released.sorted() {
            let row = quotas.overrides[QuotaTarget(project), .memoryHigh]
            guard row?.via == .scheduler, schedule.ladder.rung(of: project) == .none else {
                schedule.released.remove(project)
                continue
            }
            if quotas.isBusy(project) { continue }
            enqueue(release(project, "it is not squeezed any more"), "ease")
        }
    }

    // MARK: Operators

    /// An operator wants a project to run that was cut back: it is left alone from now on.
    func spareIfLifted(_ project: ProjectName) {
        if fleet.preemption(of: project) != .none { return }
        if schedule.ladder.rung(of: project) >= .frozen {
            schedule.ladder.release(project)
            enqueue(release(project, "an operator wants it to run"), "operator")
        }
    }

    // MARK: Beginning

    /// The rungs that an earlier supervisor took, as far as they hold.
    func restoreLadder() {
        var steps: [PreemptionLadder.Step] = []
        for row in quotas.overrides.all(via: .scheduler) where row.name == .memoryHigh {
            steps.append(PreemptionLadder.Step(row.target.project, .squeezed))
        }
        for view in fleet.views {
            let project = view.policy.name
            switch view.preemption {
            case .none, .resting: continue
            case .frozen: steps.append(.init(project, .frozen))
            case .stopped:
                steps += [.init(project, .frozen), .init(project, .stopped)]
            }
        }
        schedule.ladder = PreemptionLadder(
            steps: steps.sorted { $0.rung < $1.rung })
    }
}
