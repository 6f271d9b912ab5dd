/// The tokens of a `LogBudget` at a moment. Moments are microseconds of any clock that never jumps.
struct LogBucket {
    private var budget: LogBudget
    /// A millionth of a token is what one line a second gains in a microsecond.
    private var millionths: UInt64
    private var filled: UInt64

    /// A full one.
    init(_ budget: LogBudget, at now: UInt64) {
        self.budget = budget
        millionths = Self.capacity(budget)
        filled = now
    }

    /// Takes a token, if there is one.
    mutating func take(at now: UInt64) -> Bool {
        fill(at: now)
        if millionths < million { return false }
        millionths -= million
        return true
    }

    /// Another budget from now on; nobody gains tokens by that.
    mutating func change(to new: LogBudget, at now: UInt64) {
        fill(at: now)
        budget = new
        millionths = min(millionths, Self.capacity(new))
    }

    private mutating func fill(at now: UInt64) {
        let passed = now > filled ? now - filled : 0
        filled = max(filled, now)
        let (gained, overflow) = passed.multipliedReportingOverflow(
            by: UInt64(budget.linesPerSecond))
        let capacity = Self.capacity(budget)
        millionths = overflow || gained > capacity - millionths ? capacity : millionths + gained
    }

    private static func capacity(_ budget: LogBudget) -> UInt64 { UInt64(budget.burst) * million }
}

private let million: UInt64 = 1_000_000
