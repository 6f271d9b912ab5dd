import Plan

extension ServiceMachine {
    mutating func runStarted(_ turn: inout Turn) {
        switch state {
        case .starting(let run):
            awaitsAdoption = false
            state = .running(run, HealthMonitor(policy.health, since: turn.now), since: turn.now)
            report(.info, "service.started", "started", &turn)
        case .running(let run, var monitor, let since):
            if !awaitsAdoption { break }
            awaitsAdoption = false
            monitor.resume(at: turn.now, atOnce: true)
            state = .running(run, monitor, since: since)
            if readySince != nil { readySince = turn.now }
        case .stopping(var stopping):
            if !awaitsAdoption, stopping.since != nil { break }
            awaitsAdoption = false
            if stopping.since == nil { stopping.since = turn.now }
            state = .stopping(stopping)
            // Sent once more after an adoption: nobody knows whether the last supervisor got to it.
            if stopping.until == nil {
                turn.deeds.append(.killRun(stopping.run))
            } else if stopping.cause != .itself {
                turn.deeds.append(.signalRun(stopping.run, signal: policy.stopSignal))
            }
        case .off, .ended, .waiting, .backingOff, .parked: break
        }
    }

    mutating func runRefused(_ reason: String, _ turn: inout Turn) {
        if awaitsAdoption {
            // The last supervisor died before it asked: nothing has failed.
            awaitsAdoption = false
            state = .off
            return
        }
        switch state {
        case .stopping(let stopping) where stopping.cause == .asked: state = .off
        case .starting, .running, .stopping: conclude(.refused(clipped(reason)), &turn)
        case .off, .ended, .waiting, .backingOff, .parked: break
        }
    }

    mutating func runEnded(_ end: RunEnd, _ turn: inout Turn) {
        awaitsAdoption = false
        switch state {
        case .starting, .running: conclude(.ended(end), &turn)
        case .stopping(let stopping):
            switch stopping.cause {
            case .asked:
                report(.info, "service.stopped", "stopped: \(end.words)", &turn)
                state = .off
            case .unhealthy: conclude(.unhealthy(stopping.reason), &turn)
            case .itself: conclude(.ended(end), &turn)
            }
        case .off, .ended, .waiting, .backingOff, .parked: break
        }
    }

    mutating func notified(_ notification: Event.Notification, _ turn: inout Turn) {
        switch state {
        case .running(let run, var monitor, let since):
            switch notification {
            case .ready: monitor.noteReady(at: turn.now)
            case .watchdog: monitor.noteWatchdog(at: turn.now)
            case .stopping:
                stop(.itself, StopOrder(.exited, "said STOPPING=1"), &turn)
                return
            }
            state = .running(run, monitor, since: since)
        case .off, .ended, .waiting, .backingOff, .parked, .starting, .stopping: break
        }
    }

    mutating func probed(
        _ purpose: HealthCheck.Purpose, _ result: Event.ProbeResult, _ turn: inout Turn
    ) {
        switch state {
        case .running(let run, var monitor, let since):
            let (passed, reason) = result.parts
            let outcome = monitor.answer(purpose, passed: passed, reason: reason, at: turn.now)
            state = .running(run, monitor, since: since)
            guard let outcome else { return }
            history.append(
                CheckResult(purpose: purpose, at: turn.now, passed: passed, reason: reason))
            follow(outcome, &turn)
        case .off, .ended, .waiting, .backingOff, .parked, .starting, .stopping: break
        }
    }

    // MARK: Time

    /// Nil while nothing happens by itself.
    var deadline: Moment? {
        if awaitsAdoption { return nil }
        switch state {
        case .running(_, let monitor, since: _): return earlier(monitor.deadline, proofDue)
        case .off, .ended, .waiting, .backingOff, .parked, .starting, .stopping: return state.due
        }
    }

    /// When the run of a half-open breaker has proved itself.
    private var proofDue: Moment? {
        guard breaker == .halfOpen, let readySince else { return nil }
        return readySince + policy.breaker.proof
    }

    mutating func timePassed(_ turn: inout Turn) {
        guard let deadline, deadline <= turn.now else { return }
        switch state {
        case .backingOff:
            restarts += 1
            state = .waiting(reason: "")
        case .parked:
            restarts += 1
            breaker = .halfOpen
            state = .waiting(reason: "")
            report(.notice, "breaker.probing", "is given one run to prove itself", &turn)
        case .running(let run, var monitor, let since):
            if let proofDue, proofDue <= turn.now {
                breaker = .closed(failures: [])
                backoff.reset()
                report(.notice, "breaker.closed", "has proved itself", &turn)
            }
            let (outcome, asked) = monitor.advance(to: turn.now)
            state = .running(run, monitor, since: since)
            for (purpose, check) in asked { turn.deeds.append(.probe(run, purpose, check)) }
            follow(outcome, &turn)
        case .stopping(var stopping):
            report(.warning, "service.killed", "did not end within \(policy.grace), killed", &turn)
            turn.deeds.append(.killRun(stopping.run))
            stopping.until = nil
            state = .stopping(stopping)
        case .off, .ended, .waiting, .starting: break
        }
    }

    private mutating func follow(_ outcome: HealthMonitor.Outcome, _ turn: inout Turn) {
        switch outcome {
        case .nothing: break
        case .unhealthy(let reason):
            report(.error, "service.unhealthy", reason, &turn)
            stop(.unhealthy, StopOrder(.health, reason), &turn)
        }
    }

    // MARK: After a run

    /// How a run came to its end, as far as policies care.
    private enum Ending {
        case ended(RunEnd)
        case refused(String)
        case unhealthy(String)

        var reason: String {
            switch self {
            case .ended(let end): end.words
            case .refused(let reason): "could not be started: \(reason)"
            case .unhealthy(let reason): reason
            }
        }

        var isSuccess: Bool {
            switch self {
            case .ended(let end): end.isSuccess
            case .refused, .unhealthy: false
            }
        }
    }

    private mutating func conclude(_ ending: Ending, _ turn: inout Turn) {
        if let since = state.since, since + policy.restart.resetAfter <= turn.now {
            backoff.reset()
        }
        let isWanted: Bool
        switch policy.restart.condition {
        case .never: isWanted = false
        case .onFailure: isWanted = !ending.isSuccess
        case .always: isWanted = true
        case .onUnhealthy:
            switch ending {
            case .unhealthy: isWanted = true
            case .ended, .refused: isWanted = false
            }
        }
        let reason = ending.reason
        let run = state.run
        guard isWanted, !isLeaving else {
            report(
                ending.isSuccess ? .info : .error,
                ending.isSuccess ? "service.finished" : "service.failed",
                reason, run: run, &turn)
            breaker = .closed(failures: [])
            state = .ended(reason: reason, isFinished: ending.isSuccess)
            return
        }
        if ending.isSuccess {
            if breaker == .halfOpen { breaker = .closed(failures: []) }
        } else if breaker.fail(at: turn.now, by: policy.breaker) {
            let cooldown = max(policy.breaker.cooldown, Breaker.cooldownLeast)
            state = .parked(until: turn.now + cooldown, reason: reason)
            report(
                .error, "breaker.opened", "fails too often, is parked for \(cooldown): \(reason)",
                run: run, &turn)
            return
        }
        let number = restarts &* 64 &+ UInt64(min(backoff.consecutive, 63))
        let delay = backoff.delay(
            by: policy.restart, chance: chance(turn.seed, project, policy.name, number))
        state = .backingOff(until: turn.now + delay, reason: reason)
        report(
            ending.isSuccess ? .info : .warning, "service.restarts",
            "\(reason), restarts in \(delay)",
            run: run, &turn)
    }
}

extension RunEnd {
    /// As a report says it.
    var words: String {
        switch self {
        case .exited(let code): "exited with status \(code)"
        case .killed(let signal): "was killed by signal \(signal)"
        case .lost: "ended with its sandbox"
        }
    }
}

extension Event.ProbeResult {
    var parts: (passed: Bool, reason: String) {
        switch self {
        case .passed: (true, "")
        case .failed(let reason): (false, clipped(reason))
        }
    }
}
