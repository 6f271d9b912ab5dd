/// What came of a simulation.
public struct Outcome: Hashable, Sendable {
    public var rows: [SeriesRow] = []
    public var totals = Totals()

    public init() {}
}

/// Sums and extremes over the whole of it.
public struct Totals: Hashable, Sendable {
    public var projects = 0
    /// Milliseconds.
    public var duration: Int64 = 0

    // Integrals over time, in seconds times millicores or bytes.
    public var cpuCapacity = 0.0
    public var cpuWanted = 0.0
    public var cpuUsed = 0.0
    public var memoryCapacity = 0.0
    public var memoryWanted = 0.0
    public var memoryUsed = 0.0
    public var memoryLimits = 0.0
    public var fairnessTime = 0.0
    public var fairnessIntegral = 0.0

    public var fairnessLowest = 1.0
    /// Milliseconds from the beginning on.
    public var fairnessLowestAt: Int64 = 0
    /// Projects that were let in.
    public var admitted = 0
    /// Those that wait at the end.
    public var stillWaiting = 0
    /// The longest that one waited to be let in, also one that waits still; milliseconds.
    public var longestWait: Int64 = 0
    /// By how much later somebody came who was let in before another one, at most; milliseconds.
    public var longestPassing: Int64 = 0
    /// What that may be at most.
    public var passingBound: Int64 = 0

    public var outOfMemory = 0
    public var machineOutOfMemory = 0
    /// Times in which projects wanted more memory than there is, and nobody was killed for it.
    public var killsAvoided = 0
    public var crashes = 0
    public var restarts = 0
    /// By rung: projects that were squeezed, frozen, stopped.
    public var squeezed = 0
    public var frozen = 0
    public var stopped = 0
    public var decisions = 0
    /// Projects whose allocation a decision changed.
    public var changes = 0
    /// What was observed of a project.
    public var observations = 0
    public var events = 0

    public init() {}

    /// Of the machine's processors, from 0 to 1.
    public var cpuUtilisation: Double { share(cpuUsed, of: cpuCapacity) }
    public var memoryUtilisation: Double { share(memoryUsed, of: memoryCapacity) }
    /// Of the processor time that was wanted, what was got.
    public var cpuServed: Double { cpuWanted > 0 ? cpuUsed / cpuWanted : 1 }
    /// Of the memory that limits kept, what was not used (Autopilot, section 4.1: relative slack, weighted by
    /// the limits).
    public var memorySlack: Double { memoryLimits > 0 ? 1 - memoryUsed / memoryLimits : 0 }
    /// Over the time in which somebody got less than was wanted.
    public var fairnessMean: Double { fairnessTime > 0 ? fairnessIntegral / fairnessTime : 1 }

    private func share(_ part: Double, of whole: Double) -> Double {
        whole > 0 ? part / whole : 0
    }
}

/// Jain's index: 1 where all are equal, 1/n where one has all (Jain, Chiu, Hawe, 1984).
func jainIndex(sum: Double, squares: Double, count: Int) -> Double {
    count == 0 || squares <= 0 ? 1 : sum * sum / (Double(count) * squares)
}
