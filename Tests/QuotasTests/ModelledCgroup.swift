import Plan
import Quotas

/// A cgroup as the kernel would treat it, as far as a squeeze can see: use is made of memory that
/// can be reclaimed and memory that cannot; above `memory.high` reclaim works against allocation.
struct ModelledCgroup {
    var now: Int64 = 1_000_000
    var cache: UInt64
    var held: UInt64
    var high: UInt64 = .max
    var max: UInt64
    var isFrozen = false
    var stalled: UInt64 = 0
    /// What the processes do in a microsecond while they run: bytes of each kind.
    var cacheGrowth: UInt64 = 0
    var heldGrowth: UInt64 = 0
    /// Shrinks what the kernel finds of what it is asked for, in percent.
    var yield: UInt64 = 100
    /// Share of the time, in percent, that the processes stall while use is near `high`.
    var stallPercent: UInt64 = 0
    /// How long after it was asked it stands still; nil: never.
    var freezesAfter: Int64? = 3_000
    private var freezeAskedAt: Int64?
    /// Whether `memory.max` was ever written below use: the kernel would have killed.
    private(set) var isKilled = false

    init(cache: UInt64, held: UInt64, max: UInt64) {
        self.cache = cache
        self.held = held
        self.max = max
    }

    var current: UInt64 { cache + held }

    var measured: Squeeze.Measurement {
        Squeeze.Measurement(
            now: now, current: Bytes(current), unreclaimable: Bytes(held), stalled: stalled,
            isFrozen: isFrozen)
    }

    mutating func pass(_ microseconds: Int64) {
        let passed = UInt64(microseconds)
        if !isFrozen {
            cache += cacheGrowth * passed
            // A process cannot have more than its limit: it is made to wait.
            held = Swift.min(held + heldGrowth * passed, Swift.max(held, high, 1))
            if current > Swift.min(high, self.max) {
                cache -= Swift.min(cache, current - Swift.min(high, self.max))
            }
            if current * 100 > Swift.min(high, self.max) / 100 * 95 * 100 {
                stalled += passed * stallPercent / 100
            }
        }
        now += microseconds
        if let asked = freezeAskedAt, let after = freezesAfter, now - asked >= after {
            isFrozen = true
        }
    }

    /// Does what the squeeze wants; how long that took is part of it.
    mutating func perform(_ action: Squeeze.Action) {
        switch action {
        case .setHigh(let bytes):
            high = bytes?.count ?? .max
            if current > high { cache -= Swift.min(cache, current - high) }
            pass(200)
        case .reclaim(let bytes):
            cache -= Swift.min(cache, bytes.count * yield / 100)
            pass(Int64(bytes.count >> 12) + 50)
        case .wait(let microseconds): pass(microseconds)
        case .freeze:
            freezeAskedAt = now
            pass(100)
        case .thaw:
            freezeAskedAt = nil
            isFrozen = false
            pass(100)
        case .commit:
            if held > 0, target.map({ current > $0 }) ?? false { isKilled = true }
            max = target ?? max
            pass(100)
        case .end: return
        }
    }

    /// What a commit writes.
    var target: UInt64?
}

/// The outcome, and everything that was done until then.
func run(
    _ cgroup: inout ModelledCgroup, to target: UInt64, high: UInt64? = nil, canReclaim: Bool = true,
    budget: Int64 = 10_000_000
) -> (outcome: Squeeze.Outcome, actions: [Squeeze.Action]) {
    var squeeze = Squeeze(
        to: Bytes(target), highBefore: high.map { Bytes($0) }, canReclaim: canReclaim,
        budget: budget)
    cgroup.target = target
    cgroup.high = high ?? .max
    var actions: [Squeeze.Action] = []
    while true {
        let action = squeeze.next(cgroup.measured)
        actions.append(action)
        if case .end(let outcome) = action { return (outcome, actions) }
        cgroup.perform(action)
    }
}
