import Plan

/// Stops a service from failing for ever (M. Nygard, Release It!).
enum Breaker: Hashable {
    /// Runs are allowed; when the last of them failed, oldest first.
    case closed(failures: [Moment])
    /// None is allowed until the cooldown is over.
    case open
    /// One run is, and it decides.
    case halfOpen

    /// Takes note of a failure; whether the breaker is open now.
    mutating func fail(at now: Moment, by policy: BreakerPolicy) -> Bool {
        if policy.failures == 0 {
            self = .closed(failures: [])
            return false
        }
        switch self {
        case .closed(var failures):
            failures.removeAll { $0 + policy.window < now }
            failures.append(now)
            if failures.count >= Self.limit(policy) {
                self = .open
                return true
            }
            self = .closed(failures: failures)
            return false
        case .halfOpen, .open:
            self = .open
            return true
        }
    }

    static func limit(_ policy: BreakerPolicy) -> Int { min(Int(policy.failures), failuresMax) }

    /// How many failures are remembered, whatever the policy says.
    static let failuresMax = 100
    /// A policy without a cooldown must not make a breaker that does nothing.
    static let cooldownLeast = Milliseconds(1_000)

    var view: BreakerView {
        switch self {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        }
    }
}
