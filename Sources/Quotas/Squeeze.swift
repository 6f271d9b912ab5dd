public import Plan

/// The staged way of lowering `memory.max` below what is in use: a state machine that is told what is
/// measured and says what to do next. Nothing is killed by it: `memory.max` is written only while
/// everything stands still and what is in use has been seen to fit.
///
/// It takes memory in small pieces by `memory.reclaim` and follows with `memory.high`, so that what was
/// taken is not allocated anew; it holds back while the processes wait for memory (PSI). Whatever
/// happens, it ends within its budget with everything thawed and `memory.high` as it belongs.
/// (Documentation/admin-guide/cgroup-v2.rst, Documentation/accounting/psi.rst)
public struct Squeeze: Sendable {
    /// What is measured before each step.
    public struct Measurement: Hashable, Sendable {
        /// Of CLOCK_MONOTONIC, in microseconds.
        public var now: Int64
        /// `memory.current`.
        public var current: Bytes
        /// What of it cannot be taken away: see `MemoryInUse`.
        public var unreclaimable: Bytes
        /// `total` of `full` in `memory.pressure`: microseconds in which nothing went on for want of
        /// memory.
        public var stalled: UInt64
        /// Whether every process stands still.
        public var isFrozen: Bool

        public init(
            now: Int64, current: Bytes, unreclaimable: Bytes, stalled: UInt64, isFrozen: Bool
        ) {
            self.now = now
            self.current = current
            self.unreclaimable = unreclaimable
            self.stalled = stalled
            self.isFrozen = isFrozen
        }
    }

    /// What to do; then measure, and ask again.
    public enum Action: Hashable, Sendable {
        /// Write `memory.high`; nil: `max`.
        case setHigh(Bytes?)
        /// Write so much to `memory.reclaim`. That the kernel found less is no error.
        case reclaim(Bytes)
        /// Do nothing for so many microseconds.
        case wait(Int64)
        /// Ask everything to stand still; it need not yet when this is done.
        case freeze
        /// Write the target to `memory.max`. Where the kernel refuses, say so by `commitFailed()`.
        case commit
        case thaw
        /// It is over; asked again it says the same.
        case end(Outcome)
    }

    public enum Outcome: Hashable, Sendable {
        /// The target is in force.
        case fits
        /// `memory.max` is as it was.
        case refused(Shortage)
    }

    private enum Phase: Hashable {
        case beginning
        case squeezing(Step)
        case freezing(since: Int64)
        case committing
        case thawing(Outcome?)
        case restoring(Outcome)
        case over(Outcome)
    }

    /// What comes next while memory is taken.
    private enum Step: Hashable {
        case reclaim, lower, pause
    }

    private let target: Bytes
    private let highBefore: Bytes?
    private let canReclaim: Bool
    private let isHard: Bool
    private let budget: Int64
    /// What has to be in use at most before everything is stopped for the last look: a little less than
    /// the target, for what init and the kernel take meanwhile.
    private let aim: Bytes
    private var phase = Phase.beginning
    private var startedAt: Int64 = 0
    private var last: Measurement?
    private var chunk = Bytes.mebibytes(2)
    private var asked = Bytes(0)
    private var pause = Squeeze.pauseLeast
    private var barren = 0
    private var stalls = 0
    private var hasHeldBack = false
    /// Whether more was in use as it began than shall be.
    private var isBelowUse = false
    private var isHighLowered = false
    private var isCommitFailed = false

    /// - Parameters:
    ///   - target: what `memory.max` shall be.
    ///   - highBefore: what `memory.high` is and will be again; nil: `max`.
    ///   - canReclaim: whether the kernel has `memory.reclaim` (Linux 5.19); without it `memory.high`
    ///     alone takes the memory.
    ///   - isHard: whether the target is one for `memory.max`. One for `memory.high` is approached as
    ///     far as it goes, nothing is stopped or written for it, and nothing refuses it.
    ///   - budget: how long it may take, in microseconds.
    public init(
        to target: Bytes, highBefore: Bytes?, canReclaim: Bool, isHard: Bool = true, budget: Int64
    ) {
        self.target = target
        self.highBefore = highBefore
        self.canReclaim = canReclaim
        self.isHard = isHard
        self.budget = max(0, budget)
        let slack = min(Self.slackMax.count, target.count / 64)
        aim = Bytes(target.count - slack)
    }

    /// The kernel did not take the target for `memory.max`.
    public mutating func commitFailed() { isCommitFailed = true }

    /// What is to be done now.
    public mutating func next(_ seen: Measurement) -> Action {
        switch phase {
        case .beginning: return begin(seen)
        case .squeezing(let step): return squeeze(step, seen)
        case .freezing(let since): return awaitStandstill(since, seen)
        case .committing:
            let shortage = Shortage(seen, target: target, cause: .kernel)
            phase = .thawing(isCommitFailed ? .refused(shortage) : .fits)
            return .thaw
        case .thawing(let outcome): return thawed(outcome, seen)
        case .restoring(let outcome), .over(let outcome):
            phase = .over(outcome)
            return .end(outcome)
        }
    }

    // MARK: Steps

    private mutating func begin(_ seen: Measurement) -> Action {
        startedAt = seen.now
        last = seen
        isBelowUse = seen.current > target
        if isTooLittle(seen) { return finish(seen, .unreclaimable) }
        if seen.current <= aim { return freeze(seen) }
        return lower(seen)
    }

    private mutating func squeeze(_ step: Step, _ seen: Measurement) -> Action {
        let before = last ?? seen
        last = seen
        if isTooLittle(seen) { return finish(seen, .unreclaimable) }
        if isLate(seen) { return finish(seen, stalls > 0 ? .pressure : .budget) }
        if seen.current <= aim { return freeze(seen) }
        if !hasHeldBack, isStalling(seen, since: before) {
            // Whoever is made to wait for what was just taken from him shall get it back for a while.
            // Not for ever: some wait for their files all the time.
            hasHeldBack = true
            stalls += 1
            pause = min(pause * 2, Self.pauseMost)
            return .wait(waiting(seen))
        }
        hasHeldBack = false
        switch step {
        case .reclaim:
            if !canReclaim { return lower(seen) }
            asked = Bytes(min(chunk.count, seen.current.count - aim.count))
            phase = .squeezing(.lower)
            return .reclaim(asked)
        case .lower:
            judge(seen, since: before)
            return lower(seen)
        case .pause:
            if !canReclaim { judge(seen, since: before) }
            phase = .squeezing(.reclaim)
            return .wait(waiting(seen))
        }
    }

    /// How much of what was asked for the kernel found, and how long that took.
    private mutating func judge(_ seen: Measurement, since before: Measurement) {
        let found = before.current.count - min(seen.current.count, before.current.count)
        if found < asked.count / 8 {
            barren += 1
            pause = min(pause * 2, Self.pauseMost)
        } else {
            barren = 0
            pause = Self.pauseLeast
        }
        let took = seen.now - before.now
        if took > Self.reclaimMost {
            chunk = max(Bytes(chunk.count / 2), Self.chunkLeast)
        } else if took < Self.reclaimMost / 4, barren == 0 {
            chunk = min(Bytes(chunk.count * 2), Self.chunkMost)
        }
    }

    private mutating func lower(_ seen: Measurement) -> Action {
        // Without memory.reclaim, writing memory.high is what reclaims.
        let piece = canReclaim ? 0 : min(chunk.count, seen.current.count - aim.count)
        if !canReclaim { asked = Bytes(piece) }
        isHighLowered = true
        phase = .squeezing(.pause)
        return .setHigh(max(aim, Bytes(seen.current.count - piece)))
    }

    private mutating func freeze(_ seen: Measurement) -> Action {
        if !isHard { return restore(.fits) }
        phase = .freezing(since: seen.now)
        return .freeze
    }

    private mutating func awaitStandstill(_ since: Int64, _ seen: Measurement) -> Action {
        last = seen
        if !seen.isFrozen {
            if !isLate(seen), seen.now - since < Self.standstillMost {
                return .wait(Self.standstillPause)
            }
        } else if seen.current <= target, !isTooLittle(seen) {
            phase = .committing
            return .commit
        }
        phase = .thawing(nil)
        return .thaw
    }

    private mutating func thawed(_ outcome: Outcome?, _ seen: Measurement) -> Action {
        if let outcome { return restore(outcome) }
        // It did not stand still, or what stood still was too much: again, while there is time.
        last = seen
        if isLate(seen) { return finish(seen, .budget) }
        phase = .squeezing(.pause)
        return .wait(waiting(seen))
    }

    private mutating func finish(_ seen: Measurement, _ cause: Shortage.Cause) -> Action {
        restore(isHard ? .refused(Shortage(seen, target: target, cause: cause)) : .fits)
    }

    private mutating func restore(_ outcome: Outcome) -> Action {
        guard isHighLowered else {
            phase = .over(outcome)
            return .end(outcome)
        }
        phase = .restoring(outcome)
        return .setHigh(highBefore)
    }

    /// Whether the processes could not live with the target. What a process has for a moment, and not
    /// while it stands still, has to fit too, or the kernel kills it when it goes on. A target above
    /// use is what somebody wants, however little that leaves.
    private func isTooLittle(_ seen: Measurement) -> Bool {
        let kept = seen.unreclaimable
        if !isHard || !isBelowUse { return kept > target }
        return kept > target || target.count - kept.count < Self.room(above: kept).count
    }

    /// What is left free above memory that cannot be taken away, for what is allocated from time to
    /// time.
    static func room(above kept: Bytes) -> Bytes {
        Bytes(min(max(roomLeast.count, kept.count / 16), roomMost.count))
    }

    // MARK: Time

    private func isLate(_ seen: Measurement) -> Bool { seen.now - startedAt >= budget }

    /// No longer than there is time.
    private func waiting(_ seen: Measurement) -> Int64 {
        max(1, min(pause, startedAt + budget - seen.now))
    }

    /// Whether more than `stallPercent` of the time since then nothing went on for want of memory.
    private func isStalling(_ seen: Measurement, since before: Measurement) -> Bool {
        let passed = seen.now - before.now
        guard passed > 0, seen.stalled > before.stalled else { return false }
        return (seen.stalled - before.stalled) * 100 > UInt64(passed) * Self.stallPercent
    }
}

extension Squeeze {
    /// Between two pieces, in microseconds: long enough for others to be served.
    static let pauseLeast: Int64 = 2_000
    static let pauseMost: Int64 = 100_000
    /// A piece takes about this long, in microseconds: the loop waits for it.
    static let reclaimMost: Int64 = 4_000
    static let chunkLeast = Bytes.mebibytes(1)
    static let chunkMost = Bytes.mebibytes(16)
    /// What init and the kernel's own stocks (64 pages for each processor) may take meanwhile.
    static let slackMax = Bytes.mebibytes(1)
    static let roomLeast = Bytes.mebibytes(2)
    static let roomMost = Bytes.mebibytes(64)
    static let stallPercent: UInt64 = 40
    /// A process in an uninterruptible sleep stops late; all others wait for it, in microseconds.
    static let standstillMost: Int64 = 200_000
    static let standstillPause: Int64 = 1_000
    /// The time that it may take where nobody says, in microseconds.
    public static let budgetStandard: Int64 = 10_000_000
}
