import Plan

/// One service of a project: its runs, one after the other, and what is decided between them.
///
/// Whether it is wanted at all and whether its turn has come is decided by `ProjectMachine`.
struct ServiceMachine {
    let project: ProjectName
    var policy: ServicePolicy
    var state = ServiceState.off
    /// An operator stopped it; it is not started until one starts it.
    var isHeld = false
    /// It is no longer configured, and goes when its run has ended.
    var isLeaving = false
    /// Its run began under a supervisor that is no more, and it is not yet known what became of it.
    var awaitsAdoption = false
    var restarts: UInt64 = 0
    var backoff = Backoff()
    var breaker = Breaker.closed(failures: [])
    var history = CheckHistory()
    /// Since when it is ready without a break, as far as this supervisor has seen; nil: it is not.
    var readySince: Moment?

    init(_ policy: ServicePolicy, of project: ProjectName) {
        self.policy = policy
        self.project = project
    }

    var phase: ServicePhase {
        switch state {
        case .off: isHeld ? .held : .stopped
        case .ended: isHeld ? .held : .stopped
        case .waiting: .waiting
        case .backingOff: .backingOff
        case .parked: .parked
        case .starting: .starting
        case .running: .running
        case .stopping: .stopping
        }
    }

    /// Whether what comes after it may start. One that leaves is of no use to anybody.
    var isReady: Bool { !isLeaving && state.isReady }

    // MARK: What its project tells it

    /// It is wanted; it waits for its turn unless it is held, at work, or done.
    mutating func want() {
        switch state {
        case .off: if !isHeld { state = .waiting(reason: "") }
        case .ended, .waiting, .backingOff, .parked, .starting, .running, .stopping: break
        }
    }

    /// It is not wanted, and what it was going to do by itself is called off. Its run, if it has one,
    /// is ended by `stop`.
    mutating func unwant() {
        switch state {
        case .parked:
            state = .off
            breaker = .closed(failures: [])
        case .ended, .waiting, .backingOff: state = .off
        case .off, .starting, .running, .stopping: break
        }
        if state == .off, breaker == .halfOpen { breaker = .closed(failures: []) }
    }

    /// Its turn has come.
    mutating func start(_ turn: inout Turn) {
        let run = turn.takeRun()
        state = .starting(run)
        turn.deeds.append(.startRun(run, project, policy.name))
    }

    /// Ends its run, if it has one: signal, grace, kill.
    mutating func stop(_ cause: ServiceRecord.StopCause, _ why: StopOrder, _ turn: inout Turn) {
        switch state {
        case .off, .ended, .waiting, .backingOff, .parked: break
        case .starting(let run):
            // No signal yet: there may be no process. `runStarted` sends it.
            state = .stopping(
                .init(
                    run: run, since: nil, until: turn.now + policy.grace, cause: cause,
                    why: why))
        case .running(let run, _, let since):
            if !awaitsAdoption, cause != .itself {
                turn.deeds.append(.signalRun(run, signal: policy.stopSignal))
            }
            state = .stopping(
                .init(
                    run: run, since: since, until: turn.now + policy.grace, cause: cause,
                    why: why))
        case .stopping(var stopping):
            if cause != .asked || stopping.cause == .asked { break }
            if stopping.cause == .itself, !awaitsAdoption {
                turn.deeds.append(.signalRun(stopping.run, signal: policy.stopSignal))
            }
            stopping.cause = .asked
            stopping.why = why
            state = .stopping(stopping)
        }
    }

    /// Its sandbox is gone.
    mutating func loseRun() {
        switch state {
        case .starting, .running, .stopping: state = .off
        case .off, .ended, .waiting, .backingOff, .parked: break
        }
        awaitsAdoption = false
    }

    /// The project is frozen: what cannot act is not judged.
    mutating func freeze() {
        switch state {
        case .running(let run, var monitor, let since):
            monitor.suspend()
            state = .running(run, monitor, since: since)
        case .off, .ended, .waiting, .backingOff, .parked, .starting, .stopping: break
        }
    }

    /// The project was thawed: what could not act gets its time again.
    mutating func thaw(_ turn: Turn) {
        switch state {
        case .running(let run, var monitor, let since):
            monitor.resume(at: turn.now, atOnce: false)
            state = .running(run, monitor, since: since)
            if readySince != nil { readySince = turn.now }
        case .stopping(var stopping):
            if stopping.until != nil { stopping.until = turn.now + policy.grace }
            state = .stopping(stopping)
        case .off, .ended, .waiting, .backingOff, .parked, .starting: break
        }
    }

    // MARK: What an operator tells it

    mutating func hold(by actor: UInt32?, _ turn: inout Turn) {
        isHeld = true
        switch state {
        case .parked:
            // Whoever starts it again gets one run to see whether the cause is gone.
            breaker = .halfOpen
            state = .off
        case .off, .ended, .waiting, .backingOff: state = .off
        case .starting, .running, .stopping:
            stop(.asked, StopOrder(.operator, "stopped by an operator", actor: actor), &turn)
        }
    }

    mutating func release(_ turn: inout Turn) {
        isHeld = false
        switch state {
        case .parked:
            breaker = .halfOpen
            state = .waiting(reason: "")
        case .off, .ended, .backingOff: state = .waiting(reason: "")
        case .waiting, .starting, .running, .stopping: break
        }
    }

    mutating func restart(by actor: UInt32?, _ turn: inout Turn) {
        release(&turn)
        switch state {
        case .starting, .running, .stopping:
            stop(.asked, StopOrder(.operator, "restarted by an operator", actor: actor), &turn)
        case .off, .ended, .waiting, .backingOff, .parked: break
        }
    }

    // MARK: Reports

    func report(
        _ severity: Report.Severity, _ kind: String, _ text: String, run: RunID? = nil,
        _ turn: inout Turn
    ) {
        turn.report(
            Report(
                project: project, service: policy.name, run: run ?? state.run, severity: severity,
                kind: kind, text: text))
    }

    /// Tells when it became ready and when it is no longer, and closes the breaker of a run that has
    /// proved itself. Called when all that an event does to it is done.
    mutating func settle(_ turn: inout Turn) {
        if isReady != (readySince != nil) {
            readySince = isReady ? turn.now : nil
            switch state {
            case .running where isLeaving: break
            case .running:
                if isReady {
                    report(.info, "service.ready", "is ready", &turn)
                } else {
                    report(.warning, "service.unready", "is no longer ready", &turn)
                }
            case .off, .ended, .waiting, .backingOff, .parked, .starting, .stopping: break
            }
        }
    }
}
