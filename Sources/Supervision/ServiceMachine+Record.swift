import Plan

extension ServiceMachine {
    var record: ServiceRecord {
        var record = ServiceRecord(name: policy.name, phase: phase.rawValue)
        record.isHeld = isHeld
        record.reason = state.reason
        record.run = state.run
        record.startedAt = state.since?.microseconds
        record.dueAt = state.due?.microseconds
        record.restarts = restarts
        record.consecutive = backoff.consecutive
        record.isReady = isReady
        switch breaker {
        case .closed(let failures): record.failuresAt = failures.map(\.microseconds)
        case .open: break
        case .halfOpen: record.isHalfOpen = true
        }
        switch state {
        // One that leaves is restored without a policy, and nothing is expected of it.
        case .running where isLeaving: break
        case .running(_, let monitor, since: _):
            record.hasStarted = monitor.hasStarted
            record.hasNotified = monitor.hasNotified
        case .stopping(let stopping):
            record.stopCause = stopping.cause
            record.stop = stopping.why
        case .off, .ended, .waiting, .backingOff, .parked, .starting: break
        }
        return record
    }

    /// Continues where `record` was made.
    ///
    /// - Parameter sameBoot: whether the times and runs in it still mean anything.
    init(
        _ policy: ServicePolicy, of project: ProjectName, restoring record: ServiceRecord,
        at now: Moment, sameBoot: Bool
    ) {
        self.init(policy, of: project)
        isHeld = record.isHeld
        restarts = record.restarts
        // A boot is a chance for everybody: it starts with closed breakers and short delays.
        if !sameBoot { return }
        backoff = Backoff(consecutive: record.consecutive)
        breaker =
            record.isHalfOpen
            ? .halfOpen
            : .closed(
                failures: record.failuresAt.suffix(Breaker.failuresMax).map(
                    Moment.init(microseconds:)))
        let due = record.dueAt.map(Moment.init(microseconds:))
        let since = record.startedAt.map(Moment.init(microseconds:))
        // What does not fit together, or is from another version, is off: then it is started if it
        // is wanted, and a run that is still there is nobody's and is ended.
        switch ServicePhase(rawValue: record.phase) {
        case .stopped:
            if !record.reason.isEmpty {
                state = .ended(reason: record.reason, isFinished: record.isReady)
            }
        case .waiting: state = .waiting(reason: record.reason)
        case .backingOff:
            if let due { state = .backingOff(until: due, reason: record.reason) }
        case .parked:
            if let due {
                state = .parked(until: due, reason: record.reason)
                breaker = .open
            }
        case .starting:
            if let run = record.run {
                state = .starting(run)
                awaitsAdoption = true
            }
        case .running:
            if let run = record.run, let since {
                let monitor = HealthMonitor(policy.health, since: since, restoring: record)
                state = .running(run, monitor, since: since)
                awaitsAdoption = true
            }
        case .stopping:
            if let run = record.run {
                state = .stopping(
                    .init(
                        run: run, since: since, until: due, cause: record.stopCause ?? .asked,
                        why: record.stop ?? StopOrder(.operator, record.reason)))
                awaitsAdoption = true
            }
        case .held, nil: break
        }
        if isReady { readySince = now }
    }
}
