import Plan
import Scheduling
import Testing

/// `dynamic` against fixed limits, on synthetic demand: two weeks, of which the second counts.
@Suite struct DynamicTests {
    static let week = 10_080
    static let mebibyte = Double(1 << 20)

    struct Outcome {
        var unused = 0.0
        var looks = 0
        var kills = 0
        /// The most that all limits were together.
        var totalMost = 0.0
        var total = 0.0
        var slack: Double { unused / Double(looks) }
    }

    /// The demand of each project at each minute.
    static func demands(_ shapes: [Curve.Shape], each: Int) -> [[Double]] {
        shapes.enumerated().flatMap { index, shape in
            (0..<each).map { copy in
                var curve = Curve(shape, seed: UInt64(index * 1_000 + copy))
                return (0..<2 * week).map { curve.next($0) * mebibyte }
            }
        }
    }

    static func fixed(_ demands: [[Double]], limits: [Double]) -> Outcome {
        var outcome = Outcome()
        outcome.totalMost = limits.reduce(0, +)
        for (demand, limit) in zip(demands, limits) {
            for minute in week..<2 * week {
                outcome.looks += 1
                outcome.unused += max(0, limit - demand[minute]) / limit
                // Killed, and started again from little: one event for each time it is reached.
                if demand[minute] > limit, demand[minute - 1] <= limit { outcome.kills += 1 }
            }
        }
        return outcome
    }

    static func dynamic(_ demands: [[Double]], most: [Double], step: Int = 1) throws -> Outcome {
        let machine = Amounts(cpu: 64_000, memory: most.reduce(0, +))
        var scheduler = try Scheduler(strategy: .dynamic, capacity: machine)
        var names: [ProjectName] = []
        for (index, limit) in most.enumerated() {
            names.append(try ProjectName("p\(index)"))
            try scheduler.join(
                Subject(name: names[index], limit: Amounts(cpu: 1_000, memory: limit)))
        }
        var limits = most
        var outcome = Outcome()
        for minute in stride(from: 0, to: 2 * week, by: step) {
            for (index, demand) in demands.enumerated() {
                let isKilled = demand[minute] > limits[index]
                let use = min(demand[minute], limits[index])
                if minute >= week {
                    outcome.looks += 1
                    outcome.unused += (limits[index] - use) / limits[index]
                    if isKilled { outcome.kills += 1 }
                }
                // Near its limit a project's memory is reclaimed, and it waits for that.
                let stall = use > 0.97 * limits[index] ? 0.1 : 0
                try scheduler.observe(
                    names[index],
                    Use(
                        cpu: 100, memory: use, pressure: .init(memory: stall),
                        kills: isKilled ? 1 : 0, milliseconds: Int64(step) * 60_000),
                    at: Int64(minute + 1) * 60_000, minuteOfWeek: minute)
            }
            let decision = scheduler.decide(at: Int64(minute + 1) * 60_000, minuteOfWeek: minute)
            for share in decision.changed {
                guard let limit = share.memoryLimit,
                    let index = names.firstIndex(of: share.name)
                else { continue }
                limits[index] = Double(limit)
            }
            if minute >= week {
                outcome.total += limits.reduce(0, +) / Double(week / step)
                outcome.totalMost = max(outcome.totalMost, limits.reduce(0, +))
            }
        }
        return outcome
    }

    /// The bar, with Autopilot's published figures: 46 % and 23 % unused, and a tenth of the kills of fixed
    /// limits that have as much memory together.
    @Test(arguments: [1, 5])
    func dynamicLimitsLeaveHalfAsMuchUnusedAndKillATenth(minutesBetweenLooks: Int) throws {
        let demands = Self.demands(Curve.Shape.allCases, each: 6)
        let configured = demands.map { ($0[..<Self.week].max() ?? 0) * 1.5 }
        let dynamic = try Self.dynamic(demands, most: configured, step: minutesBetweenLooks)
        let fixed = Self.fixed(demands, limits: configured)
        let part = dynamic.total / configured.reduce(0, +)
        let equal = Self.fixed(demands, limits: configured.map { $0 * part })
        #expect(fixed.slack >= 0.46)
        #expect(dynamic.slack <= 0.23)
        #expect(equal.kills >= 100)
        #expect(dynamic.kills * 10 <= equal.kills)
    }

    @Test(arguments: Curve.Shape.allCases)
    func dynamicLimitsAreNotWorseThanFixedOnesForAnyShapeOfDemand(shape: Curve.Shape) throws {
        let demands = Self.demands([shape], each: 3)
        let configured = demands.map { ($0[..<Self.week].max() ?? 0) * 1.5 }
        let dynamic = try Self.dynamic(demands, most: configured, step: 5)
        let part = dynamic.total / configured.reduce(0, +)
        let equal = Self.fixed(demands, limits: configured.map { $0 * part })
        #expect(dynamic.slack < Self.fixed(demands, limits: configured).slack)
        #expect(dynamic.kills <= equal.kills + 1)
    }
}
