import Plan
import Scheduling
import Testbed
import Testing

/// The whole scheduler over random steps: projects join, change, go, use this and that, with clocks that
/// jump, under every strategy.
@Suite struct SchedulerPropertyTests {
    private static let all = [
        Strategy.static, .fairShare, .priorityBased, .dynamic, .custom(path: "/divide"),
    ]

    @Test(arguments: 0..<8)
    func everyDecisionHoldsWhatIsPromised(seed: Int) throws {
        var random = Seeded(UInt64(seed))
        var scheduler = try Scheduler(strategy: .priorityBased, capacity: machine)
        let names = try (0..<6).map { try ProjectName("p\($0)") }
        var time: Int64 = 0
        for _ in 0..<12_000 {
            time += random.oneIn(50) ? Int64(random.below(1 << 40)) - 1 << 39 : 30_000
            let name = random.pick(names)
            if !scheduler.contains(name) {
                try scheduler.join(Self.subject(name, &random))
            } else if random.oneIn(40) {
                try scheduler.leave(name)
            } else if random.oneIn(20) {
                try scheduler.update(Self.subject(name, &random))
            } else {
                try scheduler.observe(
                    name, Self.use(&random), at: time, minuteOfWeek: Int(time / 60_000))
            }
            if random.oneIn(200) { scheduler.setStrategy(random.pick(Self.all)) }
            let decision = scheduler.decide(at: time, minuteOfWeek: Int(time / 60_000))
            try check(scheduler, decision)
        }
    }

    private func check(_ scheduler: Scheduler, _ decision: Decision) throws {
        let shares = scheduler.shares
        try #require(shares.count == scheduler.count)
        try #require(decision.fairness > 0 && decision.fairness <= 1 + 1e-9)
        for resource in Resource.allCases {
            let slack = 1e-9 * machine[resource]
            var sum = 0.0
            var wanted = 0.0
            for share in shares {
                let subject = try #require(scheduler.subject(share.name))
                let amount = share.allocation[resource]
                let takesPart = subject.isRunning && !share.isPaused
                let demand = takesPart ? min(share.demand[resource], subject.limit[resource]) : 0
                let kept = min(subject.guarantee[resource], demand)
                // Agents are whole.
                try #require(amount >= (resource == .slots ? Double(Int(kept)) : kept) - slack)
                try #require(amount <= demand + slack)
                sum += amount
                wanted += resource == .slots ? Double(Int(demand)) : demand
            }
            try #require(sum <= machine[resource] + slack)
            try #require(sum >= min(wanted, machine[resource]) - slack)
            try #require(abs(decision.allocated[resource] - sum) <= slack)
        }
        for share in shares {
            try #require((1...10_000).contains(share.cpuWeight))
            if let limit = share.memoryLimit, let subject = scheduler.subject(share.name) {
                try #require(Double(limit) <= subject.limit[.memory])
                try #require(Double(limit) >= subject.guarantee[.memory] - 1)
            }
        }
    }

    private static func subject(_ name: ProjectName, _ random: inout Seeded) throws -> Subject {
        var guarantee = Amounts.zero
        var limit = machine
        for resource in Resource.allCases {
            // A sixth each, so that all together are never more than there is.
            if random.oneIn(3) {
                guarantee[resource] = machine[resource] / 6 * Double(random.below(11)) / 10
            }
            if random.oneIn(2) {
                limit[resource] = max(
                    guarantee[resource], machine[resource] * Double(random.below(11)) / 10)
            }
        }
        if random.oneIn(10) { limit[.cpu] = .infinity }
        guarantee[.slots] = Double(Int(guarantee[.slots]))
        let hours = try WorkHours(
            start: 0, end: 720, days: 0b0101010, outside: random.oneIn(2) ? .less : .pause)
        return Subject(
            name: name, priority: random.pick(Priority.allCases),
            weightFactor: random.pick([0.01, 0.5, 1, 3, 100]), guarantee: guarantee, limit: limit,
            workHours: random.oneIn(3) ? hours : nil, isRunning: !random.oneIn(6))
    }

    private static func use(_ random: inout Seeded) -> Use {
        func value(_ most: Double) -> Double {
            switch random.below(12) {
            case 0: random.pick([.nan, .infinity, -.infinity, -1, 1e300, 0])
            default: most * Double(random.below(1_001)) / 1_000
            }
        }
        return Use(
            cpu: value(machine[.cpu]), memory: value(machine[.memory]), disk: value(machine[.disk]),
            slots: Double(Int.random(in: 0...8, using: &random)),
            pressure: .init(cpu: value(1), memory: value(1), io: value(1)),
            kills: random.oneIn(50) ? random.pick([1, Int.max, Int.min]) : 0,
            milliseconds: random.oneIn(20) ? random.pick([Int64.max, .min, 0]) : 30_000)
    }

    @Test func moreAgentsPromisedThanThereAreAreHandedOutByWeight() {
        let askers = [1.0, 2, 1].map { SlotShares.Asker(weight: $0, floor: 8, want: 9) }
        #expect(SlotShares.hand(8, to: askers) == [2, 4, 2])
        #expect(SlotShares.hand(0, to: askers) == [0, 0, 0])
    }

    /// Stride scheduling is off by less than one agent for each that shares.
    @Test(arguments: 0..<4)
    func agentsAreHandedOutWholeByWeight(seed: Int) throws {
        var random = Seeded(UInt64(seed))
        for _ in 0..<15_000 {
            let askers = (0..<(1 + random.below(6))).map { _ in
                SlotShares.Asker(
                    weight: random.pick([1, 2, 4, 8]), floor: random.below(3),
                    want: random.below(20))
            }
            let count = 18 + random.below(40)
            let handed = SlotShares.hand(count, to: askers)
            let wanted = askers.reduce(0) { $0 + $1.want }
            try #require(handed.reduce(0, +) == min(count, wanted))
            for (one, mine) in zip(askers, handed) {
                try #require(mine >= one.floor && mine <= one.want)
                for (other, theirs) in zip(askers, handed)
                where theirs > other.floor && mine < one.want {
                    // Nobody has one that was more due to somebody who wants it.
                    try #require(
                        Double(theirs) / other.weight <= Double(mine + 1) / one.weight + 1e-9)
                }
            }
        }
    }
}
