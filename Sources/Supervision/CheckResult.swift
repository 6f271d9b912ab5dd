public import Plan

/// What one health check told.
public struct CheckResult: Hashable, Sendable {
    public var purpose: HealthCheck.Purpose
    public var at: Moment
    public var passed: Bool
    /// Why it failed; empty where it passed.
    public var reason: String
}

/// The last results of a service's checks, oldest first.
struct CheckHistory: Hashable {
    private(set) var results: [CheckResult] = []

    mutating func append(_ result: CheckResult) {
        if results.count >= Self.countMax { results.removeFirst() }
        results.append(result)
    }

    /// Enough to see a flapping check with three purposes.
    static let countMax = 16
}
