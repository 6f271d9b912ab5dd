import Plan

/// What there is of a service.
enum ServiceState: Hashable {
    /// Its project does not want it now, or an operator holds it.
    case off
    /// It ended, and its policy does not start it again.
    case ended(reason: String, isFinished: Bool)
    /// For what it comes after.
    case waiting(reason: String)
    case backingOff(until: Moment, reason: String)
    /// Its breaker is open.
    case parked(until: Moment, reason: String)
    /// Asked for; not yet answered.
    case starting(RunID)
    case running(RunID, HealthMonitor, since: Moment)
    case stopping(Stopping)

    /// A run that is being ended.
    struct Stopping: Hashable {
        var run: RunID
        /// Nil: it is not yet known whether it has started at all, and so it got no signal.
        var since: Moment?
        /// When it is killed; nil: it was.
        var until: Moment?
        var cause: ServiceRecord.StopCause
        var why: StopOrder

        var reason: String { why.text }
    }

    var run: RunID? {
        switch self {
        case .off, .ended, .waiting, .backingOff, .parked: nil
        case .starting(let run), .running(let run, _, since: _): run
        case .stopping(let stopping): stopping.run
        }
    }

    var since: Moment? {
        switch self {
        case .off, .ended, .waiting, .backingOff, .parked, .starting: nil
        case .running(_, _, let since): since
        case .stopping(let stopping): stopping.since
        }
    }

    var reason: String {
        switch self {
        case .off, .starting, .running: ""
        case .ended(let reason, isFinished: _), .waiting(let reason),
            .backingOff(until: _, let reason), .parked(until: _, let reason):
            reason
        case .stopping(let stopping): stopping.reason
        }
    }

    /// When something happens to it by itself, health checks aside.
    var due: Moment? {
        switch self {
        case .off, .ended, .waiting, .starting, .running: nil
        case .backingOff(let until, reason: _), .parked(let until, reason: _): until
        case .stopping(let stopping): stopping.until
        }
    }

    var isReady: Bool {
        switch self {
        case .running(_, let monitor, since: _): monitor.isReady
        case .ended(reason: _, let isFinished): isFinished
        case .off, .waiting, .backingOff, .parked, .starting, .stopping: false
        }
    }
}
