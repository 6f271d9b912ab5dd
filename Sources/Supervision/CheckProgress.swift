import Plan

/// One of the checks of a run: when it is asked, and what its answers come to.
struct CheckProgress: Hashable {
    enum Flight: Hashable {
        /// Not asked at the moment.
        case none
        /// Asked; the answer counts.
        case counted
        /// Asked under circumstances that are over, such as before a freeze: the answer does not count.
        case stale
    }

    /// Nil: there is no such check now. (One that was asked may still be answered.)
    private(set) var check: HealthCheck?
    private(set) var flight = Flight.none
    /// When it is asked next, unless it is in flight; nil: not before it is armed.
    private(set) var due: Moment?
    private(set) var verdict: Bool?
    private var passes: UInt32 = 0
    private var failures: UInt32 = 0

    init(_ check: HealthCheck?) { self.check = check }

    /// With what it had come to, for one that is restored.
    init(_ check: HealthCheck?, verdict: Bool?) {
        self.check = check
        self.verdict = check == nil ? nil : verdict
    }

    /// Asks at this moment, or as soon as the answer that is awaited has come; that one does not count.
    mutating func arm(at moment: Moment) {
        if check == nil { return }
        due = moment
        if flight == .counted { flight = .stale }
    }

    mutating func disarm() { due = nil }

    /// Nothing is asked, and what was asked does not count, until it is armed again.
    mutating func suspend() {
        due = nil
        if flight == .counted { flight = .stale }
    }

    /// Another definition of it; what the old one came to says nothing about the new one.
    mutating func replace(with check: HealthCheck?) {
        if check == self.check { return }
        self.check = check
        verdict = nil
        passes = 0
        failures = 0
        due = nil
        if flight == .counted { flight = .stale }
    }

    var deadline: Moment? {
        switch flight {
        case .none: due
        case .counted, .stale: nil
        }
    }

    /// The check, if it is to be asked now.
    mutating func ask(at now: Moment) -> HealthCheck? {
        guard let check, let deadline, deadline <= now else { return nil }
        flight = .counted
        return check
    }

    /// Takes an answer; whether it counted, that is: was asked for and is not stale.
    ///
    /// - Parameter sparing: a failure changes nothing yet.
    mutating func answer(passed: Bool, at now: Moment, sparing: Bool) -> Bool {
        switch flight {
        case .none: return false
        case .stale:
            flight = .none
            return false
        case .counted:
            flight = .none
            guard let check else { return false }
            if due != nil { due = now + max(check.interval, Self.intervalLeast) }
            if passed {
                failures = 0
                passes = min(passes + 1, max(check.successThreshold, 1))
                if passes >= check.successThreshold { verdict = true }
            } else if !sparing {
                passes = 0
                failures = min(failures + 1, max(check.failureThreshold, 1))
                if failures >= check.failureThreshold { verdict = false }
            }
            return true
        }
    }

    /// A check without an interval must not make a loop that costs a processor.
    static let intervalLeast = Milliseconds(100)
}
