import Plan

extension ProjectMachine {
    var record: ProjectRecord {
        let stage: ProjectRecord.Stage
        switch sandbox {
        case .none, .delayed: stage = .none
        // A stale one is to be ended, whether it has come up by then or not.
        case .launching(let isStale): stage = isStale ? .draining : .launching
        case .up: stage = .up
        case .draining: stage = .draining
        case .ending: stage = .ending
        }
        var record = ProjectRecord(
            name: name, phase: phase.rawValue, reason: reason, goal: goal, stage: stage,
            declared: policy.status, services: services.map(\.record))
        record.upSince = sandbox.since?.microseconds
        if case .delayed(let until, reason: _) = sandbox { record.dueAt = until.microseconds }
        record.attempts = launches.consecutive
        record.leaving = leaving
        record.admission = admission
        record.preemption = preemption
        record.preemptionReason = preemptionReason
        record.isAwake = isAwake
        record.isSpared = isSpared
        return record
    }

    /// Continues where `record` was made.
    init(
        _ policy: ProjectPolicy, restoring record: ProjectRecord, at now: Moment, sameBoot: Bool,
        isGated: Bool
    ) {
        self.init(policy, goal: record.goal, isGated: isGated)
        stored = record
        leaving = record.leaving
        for index in services.indices {
            let name = services[index].policy.name
            guard let old = record.services.first(where: { $0.name == name }) else { continue }
            services[index] = ServiceMachine(
                services[index].policy, of: policy.name, restoring: old, at: now, sameBoot: sameBoot
            )
        }
        for old in record.services where !policy.services.contains(where: { $0.name == old.name }) {
            // What is known of it is enough to end it.
            var service = ServiceMachine(
                ServicePolicy(name: old.name, command: []), of: policy.name, restoring: old,
                at: now, sameBoot: sameBoot)
            service.isLeaving = true
            services.append(service)
        }
        if sameBoot {
            launches = Backoff(consecutive: record.attempts)
            let since = record.upSince.map(Moment.init(microseconds:))
            switch record.stage {
            case .none:
                if let due = record.dueAt {
                    sandbox = .delayed(
                        until: Moment(microseconds: due), reason: record.reason)
                } else {
                    waitReason = record.reason
                }
            case .launching:
                sandbox = .launching(isStale: false)
                awaitsAdoption = true
            case .up:
                sandbox = .up(
                    since: since ?? now,
                    isFrozen: record.goal == .paused || record.preemption.standsStill)
            case .draining: sandbox = .draining(since: since)
            case .ending: sandbox = .ending(since: since)
            }
        }
        switch sandbox {
        case .up, .draining: break
        // A record that says otherwise is not one of ours; nobody could end such a run.
        case .none, .delayed, .launching, .ending:
            for index in services.indices { services[index].loseRun() }
        }
        isAwake = record.isAwake
        if sameBoot { restorePlace(record) }
        announced = Announced(phase: phase, isReady: isReady)
    }

    /// The configuration may have been read again since `record` was made.
    mutating func noteDeclared(since record: ProjectRecord) {
        if policy.status != record.declared, goal != .removed { goal = Goal(policy.status) }
    }

    /// What a last supervisor may not have got to, asked for once more. Doing it twice does no harm.
    func reassert(_ turn: inout Turn) {
        switch sandbox {
        case .up(since: _, let isFrozen):
            turn.deeds.append(.updateLimits(name))
            turn.deeds.append(isFrozen ? .freeze(name) : .thaw(name))
        case .draining: turn.deeds.append(.thaw(name))
        case .ending: turn.deeds += [.thaw(name), .endSandbox(name)]
        case .none: if case .asked = admission { turn.deeds.append(.admit(name)) }
        case .delayed, .launching: break
        }
    }

    /// Whether there is something new to be stored, which is taken as stored from now on.
    mutating func noteRecord() -> Bool {
        let record = record
        if record == stored { return false }
        stored = record
        return true
    }

    /// Runs of its services.
    struct RunsChange {
        let now: [(run: RunID, service: WorkloadName)]
        /// Since this was last asked.
        let gone: [RunID]
    }

    /// Nil: they are the same as when this was last asked.
    mutating func noteRuns() -> RunsChange? {
        if services.lazy.compactMap(\.state.run).elementsEqual(runs) { return nil }
        let now = services.compactMap { service in
            service.state.run.map { (run: $0, service: service.policy.name) }
        }
        let gone = runs.filter { run in !now.contains { $0.run == run } }
        runs = now.map(\.run)
        return RunsChange(now: now, gone: gone)
    }
}
