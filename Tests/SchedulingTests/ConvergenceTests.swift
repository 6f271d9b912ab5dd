import Plan
import Scheduling
import Testbed
import Testing

/// The whole scheduler in a loop with modelled projects, whose demand changes in a step: how soon and how
/// calmly it comes to the division that is right.
@Suite struct ConvergenceTests {
    private struct Modelled {
        let name: ProjectName
        let weight: Double
        let guarantee: Double
        let limit: Double
        var demand: Double
    }

    /// What is right: the level is looked for from both sides. Nothing of the scheduler is used.
    private static func optimum(_ projects: [Modelled], capacity: Double) -> [Double] {
        func amounts(_ level: Double) -> [Double] {
            projects.map {
                let want = min($0.demand, $0.limit)
                return min(want, max(min($0.guarantee, want), level * $0.weight))
            }
        }
        var (low, high) = (0.0, capacity * 100)
        if amounts(high).reduce(0, +) <= capacity { return amounts(high) }
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if amounts(middle).reduce(0, +) > capacity { high = middle } else { low = middle }
        }
        return amounts(low)
    }

    private static func jain(_ values: [Double]) -> Double {
        let sum = values.reduce(0, +)
        let squares = values.reduce(0) { $0 + $1 * $1 }
        return squares == 0 ? 1 : sum * sum / (Double(values.count) * squares)
    }

    /// A thousand steps of the load in CPU, of which the kernel gives a project what was decided and tells how
    /// long it stalled.
    @Test(arguments: [Strategy.fairShare, .priorityBased, .dynamic])
    func tenIntervalsAfterAStepOfTheLoadAllHaveWhatIsRight(strategy: Strategy) throws {
        var intervals: [Int] = []
        for seed in 0..<350 {
            intervals.append(try converge(strategy, seed: UInt64(seed)))
        }
        #expect(intervals.max() ?? 0 <= 10)
    }

    /// How many intervals it took.
    private func converge(_ strategy: Strategy, seed: UInt64) throws -> Int {
        var random = Seeded(seed)
        let capacity = machine[.cpu]
        var scheduler = try Scheduler(strategy: strategy, capacity: machine)
        var projects: [Modelled] = []
        let count = 2 + random.below(12)
        for index in 0..<count {
            let priority = random.pick(Priority.allCases)
            let guarantee = random.oneIn(4) ? capacity / Double(count) * 0.8 : 0
            let limit = random.oneIn(3) ? guarantee + Double(500 + random.below(4_000)) : capacity
            let name = try ProjectName("p\(index)")
            try scheduler.join(
                Subject(
                    name: name, priority: priority, guarantee: Amounts(cpu: guarantee),
                    limit: Amounts(cpu: limit, memory: gibibyte)))
            projects.append(
                Modelled(
                    name: name, weight: strategy == .fairShare ? 1 : priority.weight,
                    guarantee: guarantee, limit: limit, demand: Double(20 + random.below(3_000))))
        }
        var time: Int64 = 0
        /// One interval: what each has after it.
        func pass() throws -> (given: [Double], changed: Int) {
            time += 30_000
            for each in projects {
                let share = scheduler.share(of: each.name)?.allocation[.cpu] ?? each.limit
                let use = min(each.demand, share)
                let stall = each.demand > use ? 1 - use / each.demand : 0
                try scheduler.observe(
                    each.name,
                    Use(
                        cpu: use, memory: 1e8, pressure: .init(cpu: stall), milliseconds: 30_000),
                    at: time, minuteOfWeek: 0)
            }
            let decision = scheduler.decide(at: time, minuteOfWeek: 0)
            let given = projects.map { scheduler.share(of: $0.name)?.allocation[.cpu] ?? 0 }
            return (given, decision.changed.count)
        }
        for _ in 0..<20 { _ = try pass() }
        for index in projects.indices where random.oneIn(2) {
            projects[index].demand = Double(20 + random.below(6_000))
        }
        let right = Self.optimum(projects, capacity: capacity)
        var needed = 0
        var overshoots = [Int](repeating: 0, count: count)
        var isAbove = [Bool](repeating: false, count: count)
        for interval in 1...30 {
            let (given, changed) = try pass()
            // What is of use to it; more than that is nobody's loss when there is enough.
            let useful = zip(given, projects).map { min($0, $1.demand) }
            let isRight = zip(useful, right).allSatisfy { abs($0 - $1) <= 0.02 * $1 }
            if !isRight { needed = interval }
            for index in given.indices {
                let above = useful[index] > right[index] * 1.05 && interval > 1
                if above, !isAbove[index] { overshoots[index] += 1 }
                isAbove[index] = above
            }
            if interval > 15 { #expect(changed == 0, "seed \(seed), interval \(interval)") }
            if interval == 10 {
                let short = projects.indices.filter {
                    let want = min(projects[$0].demand, projects[$0].limit)
                    return right[$0] < want * 0.999 && right[$0] > projects[$0].guarantee
                }
                let fairness = Self.jain(short.map { useful[$0] / projects[$0].weight })
                #expect(short.isEmpty || fairness >= 0.99, "seed \(seed)")
            }
        }
        #expect(overshoots.allSatisfy { $0 <= 1 }, "seed \(seed)")
        return needed + 1
    }

    /// Demand is never quite the same twice; nobody's share moves by what a limit would be written for.
    @Test(arguments: [Strategy.fairShare, .priorityBased, .dynamic])
    func inSteadyStateNoisyDemandMovesNobodysShareByATenth(strategy: Strategy) throws {
        var random = Seeded(3)
        var scheduler = try Scheduler(strategy: strategy, capacity: machine)
        let demands = (0..<8).map { 300.0 + Double($0) * 400 }
        let names = try demands.indices.map { try ProjectName("p\($0)") }
        for name in names {
            try scheduler.join(
                Subject(name: name, priority: random.pick(Priority.allCases), limit: machine))
        }
        var settled: [Decision.Share] = []
        for interval in 1...500 {
            for (name, demand) in zip(names, demands) {
                let wanted = demand * (1 + (Double(random.below(1_000)) / 1_000 - 0.5) * 0.06)
                let share = scheduler.share(of: name)?.allocation[.cpu] ?? wanted
                let use = min(wanted, share)
                try scheduler.observe(
                    name,
                    Use(
                        cpu: use, memory: wanted * 1e6, pressure: .init(cpu: 1 - use / wanted),
                        milliseconds: 30_000), at: Int64(interval) * 30_000, minuteOfWeek: 0)
            }
            _ = scheduler.decide(at: Int64(interval) * 30_000, minuteOfWeek: 0)
            // What is learnt of memory takes an hour.
            if interval == 200 { settled = scheduler.shares }
            for (before, after) in zip(settled, scheduler.shares) {
                #expect(before.cpuWeight == after.cpuWeight)
                for resource in [Resource.cpu, .memory] {
                    let (old, new) = (before.allocation[resource], after.allocation[resource])
                    #expect(abs(new - old) < 0.1 * old)
                }
            }
        }
    }
}
