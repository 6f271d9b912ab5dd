public import Plan

/// The numbers that a scheduler works with. What they mean for its promises is said in docs/scheduler.md.
public struct Tunables: Hashable, Sendable {
    /// Milliseconds between two looks at what projects use.
    public var intervalMilliseconds: Int64 = 30_000
    /// Milliseconds between two full divisions, when nothing calls for one before.
    public var rebalanceMilliseconds: Int64 = 300_000
    /// How much more than what was used a limit leaves: Autopilot takes 10 to 15 %.
    public var margin = 0.12
    /// Seconds after which what a project used counts half: 12 and 48 hours in Autopilot.
    public var cpuHalfLife = 12.0 * 3_600
    public var memoryHalfLife = 48.0 * 3_600
    /// A moved limit changes only by more than this share of itself: no flapping around a value.
    public var hysteresis = 0.05
    /// The share of itself by which a moved limit falls in a decision at most. It rises at once.
    public var stepDown = 0.15
    /// From this share of time on that tasks stall for a resource, a project wants more of it than it uses.
    public var pressure = 0.02
    /// By how much a memory limit is raised at once after a process was killed for it.
    public var killBoost = 0.5
    /// Outside its work hours a project's weight is multiplied by this.
    public var offHoursFactor = 0.25
    /// Milliseconds of waiting that stand for one class of priority in the admission queue.
    public var ageingMilliseconds: Int64 = 600_000
    /// The share of the machine that is kept for the system, and never guaranteed to anybody.
    public var reserve = 0.05

    /// What becomes of projects that want what is used up.
    public var filling = FairShares.Filling.apart

    public init() {}

    public static let standard = Tunables()

    /// Refuses the first that is outside its range, NaN included.
    public func check() throws(InvalidValue) {
        try Self.check("interval", intervalMilliseconds, in: 1_000...86_400_000)
        try Self.check("rebalance interval", rebalanceMilliseconds, in: 1_000...86_400_000)
        try Self.check("margin", margin, in: 0...1)
        try Self.check("CPU half-life", cpuHalfLife, in: 60...31_536_000)
        try Self.check("memory half-life", memoryHalfLife, in: 60...31_536_000)
        try Self.check("hysteresis", hysteresis, in: 0...0.5)
        try Self.check("step", stepDown, in: 0.01...1)
        try Self.check("pressure", pressure, in: 0.001...1)
        try Self.check("boost after a kill", killBoost, in: 0...10)
        try Self.check("weight outside work hours", offHoursFactor, in: 0.01...1)
        try Self.check("ageing", ageingMilliseconds, in: 1_000...86_400_000)
        try Self.check("reserve", reserve, in: 0...0.9)
    }

    private static func check<Value: Comparable>(
        _ subject: String, _ value: Value, in range: ClosedRange<Value>
    ) throws(InvalidValue) {
        if range.contains(value) { return }
        throw InvalidValue(
            subject, "\(value)", "is not from \(range.lowerBound) to \(range.upperBound)",
            hint: "write a value from \(range.lowerBound) to \(range.upperBound)")
    }
}
