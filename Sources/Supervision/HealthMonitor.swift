import Plan

/// How one run of a service does: first it starts, which a check and `READY=1` may have to confirm,
/// then readiness and liveness are asked again and again.
struct HealthMonitor: Hashable {
    /// What a look at the time or an answer came to.
    enum Outcome: Hashable {
        case nothing
        /// The run is to be ended.
        case unhealthy(reason: String)
    }

    private(set) var policy: HealthPolicy
    /// When the run started: start periods are counted from there.
    private let since: Moment
    private(set) var hasStarted: Bool
    private(set) var hasNotified: Bool
    private var startup: CheckProgress
    private var readiness: CheckProgress
    private var liveness: CheckProgress
    /// When `READY=1` is overdue.
    private var notifyBy: Moment?
    private var watchdogBy: Moment?
    private var saidWatchdog = false

    /// Of a run that has just started.
    init(_ policy: HealthPolicy, since now: Moment) {
        self.policy = policy
        since = now
        hasStarted = policy.startup == nil
        hasNotified = false
        startup = CheckProgress(policy.startup)
        readiness = CheckProgress(policy.readiness)
        liveness = CheckProgress(policy.liveness)
        armAll(at: now, again: false)
    }

    /// Of a run that started under a supervisor that is no more. Nothing is due before `resume`.
    init(_ policy: HealthPolicy, since: Moment, restoring record: ServiceRecord) {
        self.policy = policy
        self.since = since
        hasStarted = record.hasStarted || policy.startup == nil
        hasNotified = record.hasNotified
        startup = CheckProgress(policy.startup)
        readiness = CheckProgress(policy.readiness, verdict: record.isReady ? true : nil)
        liveness = CheckProgress(policy.liveness)
    }

    /// Whether it is past its start, so that readiness and liveness mean something.
    private var isUp: Bool { hasStarted && (hasNotified || !policy.notifiesReady) }

    var isReady: Bool { isUp && (readiness.check == nil || readiness.verdict == true) }

    var view: HealthView {
        if readiness.verdict == false || liveness.verdict == false { return .unhealthy }
        let hasPassed =
            readiness.verdict == true || liveness.verdict == true || startup.verdict == true
        return hasPassed || hasNotified || saidWatchdog ? .healthy : .unknown
    }

    var deadline: Moment? {
        var result = earlier(notifyBy, watchdogBy)
        result = earlier(result, startup.deadline)
        result = earlier(result, readiness.deadline)
        return earlier(result, liveness.deadline)
    }

    /// The run cannot answer for a while: what it is asked already would only fail. Ended by `resume`.
    mutating func suspend() {
        startup.suspend()
        readiness.suspend()
        liveness.suspend()
    }

    /// After a time in which it could not be watched, or could not answer: all spans begin anew.
    ///
    /// - Parameter atOnce: ask now what is asked, not after an interval.
    mutating func resume(at now: Moment, atOnce: Bool) { armAll(at: now, again: !atOnce) }

    /// Another policy, for the same run.
    mutating func replace(policy new: HealthPolicy, at now: Moment) {
        if new == policy { return }
        let wasUp = isUp
        policy = new
        startup.replace(with: new.startup)
        readiness.replace(with: new.readiness)
        liveness.replace(with: new.liveness)
        // A start-up check that comes late has nothing to say about a run that is up.
        if new.startup == nil || wasUp { hasStarted = true }
        armAll(at: now, again: false)
    }

    mutating func advance(to now: Moment) -> (Outcome, [(HealthCheck.Purpose, HealthCheck)]) {
        if let notifyBy, notifyBy <= now {
            return (.unhealthy(reason: "did not say READY=1 within \(policy.startTimeout)"), [])
        }
        if let watchdogBy, watchdogBy <= now, let watchdog = policy.watchdog {
            return (.unhealthy(reason: "did not say WATCHDOG=1 within \(watchdog)"), [])
        }
        var asked: [(HealthCheck.Purpose, HealthCheck)] = []
        if let check = startup.ask(at: now) { asked.append((.startup, check)) }
        if let check = readiness.ask(at: now) { asked.append((.readiness, check)) }
        if let check = liveness.ask(at: now) { asked.append((.liveness, check)) }
        return (.nothing, asked)
    }

    /// Takes the answer to a check. Nil: it does not count.
    mutating func answer(
        _ purpose: HealthCheck.Purpose, passed: Bool, reason: String, at now: Moment
    ) -> Outcome? {
        let sparing = policy.check(purpose).map { now < since + $0.startPeriod } ?? false
        switch purpose {
        case .startup:
            guard startup.answer(passed: passed, at: now, sparing: sparing) else { return nil }
            switch startup.verdict {
            case nil: return .nothing
            case false?: return .unhealthy(reason: "startup check failed: \(reason)")
            case true?:
                hasStarted = true
                startup.disarm()
                arriveIfUp(at: now)
                return .nothing
            }
        case .readiness:
            guard readiness.answer(passed: passed, at: now, sparing: sparing) else { return nil }
            return .nothing
        case .liveness:
            guard liveness.answer(passed: passed, at: now, sparing: sparing) else { return nil }
            return liveness.verdict == false
                ? .unhealthy(reason: "liveness check failed: \(reason)") : .nothing
        }
    }

    mutating func noteReady(at now: Moment) {
        if hasNotified { return }
        hasNotified = true
        notifyBy = nil
        if policy.notifiesReady { arriveIfUp(at: now) }
    }

    mutating func noteWatchdog(at now: Moment) {
        saidWatchdog = true
        if let watchdog = policy.watchdog, isUp { watchdogBy = now + max(watchdog, Self.spanLeast) }
    }

    private mutating func arriveIfUp(at now: Moment) {
        if isUp { armAll(at: now, again: false) }
    }

    /// Sets the spans that apply now.
    ///
    /// - Parameter again: not the first time in this run, so that no check is urgent.
    private mutating func armAll(at now: Moment, again: Bool) {
        func first(_ check: HealthCheck?) -> Moment {
            guard let check, again else { return now }
            return now + max(check.interval, CheckProgress.intervalLeast)
        }
        notifyBy =
            policy.notifiesReady && !hasNotified
            ? now + max(policy.startTimeout, Self.spanLeast) : nil
        watchdogBy = isUp ? policy.watchdog.map { now + max($0, Self.spanLeast) } : nil
        startup.disarm()
        readiness.disarm()
        liveness.disarm()
        if !hasStarted {
            startup.arm(at: first(policy.startup))
        } else if isUp {
            readiness.arm(at: first(policy.readiness))
            liveness.arm(at: first(policy.liveness))
        }
    }

    /// A span of nothing would end every run as it begins.
    private static let spanLeast = Milliseconds(100)
}
