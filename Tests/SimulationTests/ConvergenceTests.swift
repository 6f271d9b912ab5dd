import Plan
import Scheduling
import Testbed
import Testing

@testable import Simulation

/// Load that steps, and what becomes of it, against a solver that knows nothing of the scheduler's.
@Suite struct ConvergenceTests {
    /// What one project asks for before and after the step, and its terms.
    private struct Asker {
        var weight: Double
        var guarantee: Double
        var limit: Double
        var before: Double
        var after: Double
        var priority: Priority
        var factor: Double
    }

    /// The exact division: everybody gets level times weight, no less than guaranteed and wanted, no more
    /// than wanted and allowed, and the level is the one at which nothing is left. By halving.
    private func optimum(_ askers: [Asker], capacity: Double) -> [Double] {
        func shares(_ level: Double) -> [Double] {
            askers.map { each in
                let want = min(each.after, each.limit)
                return min(want, max(min(each.guarantee, want), level * each.weight))
            }
        }
        if shares(1e12).reduce(0, +) <= capacity { return shares(1e12) }
        var (low, high) = (0.0, 1e12)
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if shares(middle).reduce(0, +) > capacity { high = middle } else { low = middle }
        }
        return shares(low)
    }

    private static let capacity = 16_000.0
    private static let interval: Int64 = 10_000
    private static let stepAt: Int64 = 300_000

    private func draw(_ random: inout Seeded, withTerms: Bool) -> [Asker] {
        let count = 2 + random.below(11)
        return (0..<count).map { _ in
            let priority = random.pick(Priority.allCases)
            let factor = random.pick([0.5, 1, 1, 1, 2])
            let before = Double(100 + random.below(1_500))
            let after = random.oneIn(4) ? before : Double(100 + random.below(9_000))
            var asker = Asker(
                weight: priority.weight * factor, guarantee: 0, limit: Self.capacity,
                before: before, after: after, priority: priority, factor: factor)
            if withTerms, random.oneIn(3) {
                asker.guarantee = Double(random.below(Int(Self.capacity) / count))
            }
            if withTerms, random.oneIn(3) {
                asker.limit = max(asker.guarantee, before, Double(500 + random.below(6_000)))
            }
            return asker
        }
    }

    private func simulator(_ askers: [Asker], seed: UInt64) throws -> Simulator {
        let groups = askers.enumerated().map { index, asker in
            var group = ProjectGroup(
                name: "p\(index)", count: 1,
                cpu: ProjectGroup.Need(
                    Curve(.step(before: asker.before, after: asker.after, at: Self.stepAt)),
                    guarantee: asker.guarantee, limit: asker.limit),
                memory: ProjectGroup.Need(Curve(.constant(1_048_576))))
            group.priority = asker.priority
            group.weight = asker.factor
            return group
        }
        var scenario = small(
            groups, cpu: Self.capacity, duration: Self.stepAt + 40 * Self.interval)
        scenario.interval = Self.interval
        scenario.rebalance = Self.interval
        scenario.seed = seed
        return try Simulator(scenario, trace: nil)
    }

    /// What one scenario showed after the step.
    private struct Seen {
        /// The interval from which on all shares stay within 2 % of the optimum.
        var settled = 0
        /// How often a share was above what it is in the end by more than 5 % after it was below it.
        var overshoots = 0
        var changesWhenSettled = 0
        var jain = 1.0
    }

    private func observe(_ askers: [Asker], seed: UInt64, gotToo: Bool) throws -> Seen {
        let best = optimum(askers, capacity: Self.capacity)
        var simulator = try simulator(askers, seed: seed)
        try simulator.run(until: Self.stepAt - Self.interval)
        var seen = Seen()
        var wasBelow = best.map { _ in false }
        var over = best.map { _ in 0 }
        var isOver = best.map { _ in false }
        for interval in 1...40 {
            let changes = simulator.outcome.totals.changes
            try simulator.run(until: Self.stepAt + Int64(interval - 1) * Self.interval)
            var isNear = true
            for index in best.indices {
                let share = simulator.bodies[index].cpuShare
                if abs(share - best[index]) > 0.02 * best[index] + 0.01 { isNear = false }
                if gotToo {
                    let place = try #require(
                        simulator.scratch.active.firstIndex { $0.index == index })
                    let got = simulator.scratch.got[place]
                    // The division that was decided in this tick holds from the next on.
                    if interval > 10, abs(got - best[index]) > 0.02 * best[index] + 0.01 {
                        isNear = false
                    }
                }
                if share < best[index] * 0.95 { wasBelow[index] = true }
                let now = wasBelow[index] && share > best[index] * 1.05
                if now && !isOver[index] { over[index] += 1 }
                isOver[index] = now
            }
            if !isNear { seen.settled = interval + 1 }
            if interval > 12 {
                seen.changesWhenSettled += simulator.outcome.totals.changes - changes
            }
        }
        seen.overshoots = over.max() ?? 0
        var parts: [Double] = []
        for (index, asker) in askers.enumerated() {
            // Whoever has neither all it wants nor what is guaranteed to it alone.
            let want = min(asker.after, asker.limit)
            if best[index] < want * 0.999, best[index] > asker.guarantee * 1.001 {
                parts.append(simulator.bodies[index].cpuShare / asker.weight)
            }
        }
        if parts.count > 1 {
            seen.jain = jainIndex(
                sum: parts.reduce(0, +), squares: parts.reduce(0) { $0 + $1 * $1 },
                count: parts.count)
        }
        return seen
    }

    @Test(arguments: 0..<10)
    func sharesReachTheExactOptimumInTenIntervalsAndStayThere(batch: Int) throws {
        for number in 0..<100 {
            let seed = UInt64(batch * 100 + number)
            var random = Seeded(seed &* 77 &+ 5)
            let seen = try observe(draw(&random, withTerms: true), seed: seed, gotToo: false)
            #expect(seen.settled <= 10, "seed \(seed)")
            #expect(seen.overshoots <= 1, "seed \(seed)")
            #expect(seen.jain >= 0.99, "seed \(seed)")
            #expect(seen.changesWhenSettled == 0, "seed \(seed)")
        }
    }

    @Test func whatTheKernelGivesIsWithinTwoPercentOfItWhereThereAreNoOtherTerms() throws {
        for seed in 0..<100 as Range<UInt64> {
            var random = Seeded(seed &* 31 &+ 9)
            let seen = try observe(draw(&random, withTerms: false), seed: seed, gotToo: true)
            #expect(seen.settled <= 10, "seed \(seed)")
        }
    }
}
