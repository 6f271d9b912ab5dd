public import Plan

/// What is shown of a service.
public struct ServiceView: Hashable, Sendable {
    public var name: WorkloadName
    public var phase: ServicePhase
    /// Why, where the phase needs a reason; empty: it needs none.
    public var reason: String
    public var isReady: Bool
    public var health: HealthView
    /// The current run, from when it is asked for until it is known to have ended.
    public var run: RunID?
    public var startedAt: Moment?
    /// That it was started again by itself, ever.
    public var restarts: UInt64
    /// When the next start is due, or the kill of one that stops.
    public var dueAt: Moment?
    public var breaker: BreakerView
    /// The last results of its health checks, oldest first; at most 16.
    public var checks: [CheckResult]

    init(_ service: ServiceMachine) {
        name = service.policy.name
        phase = service.phase
        reason = service.state.reason
        isReady = service.isReady
        run = service.state.run
        startedAt = service.state.since
        restarts = service.restarts
        dueAt = service.state.due
        breaker = service.breaker.view
        checks = service.history.results
        switch service.state {
        case .running(_, let monitor, since: _): health = monitor.view
        case .stopping(let stopping):
            health = stopping.cause == .unhealthy ? .unhealthy : .unknown
        case .off, .ended, .waiting, .backingOff, .parked, .starting: health = .unknown
        }
    }
}
