import Plan
import Scheduling
import Supervision
import Testing

@testable import Simulation

@Suite struct SimulatorTests {
    private func traced(_ scenario: Scenario) throws -> (String, Outcome) {
        var lines = ""
        let outcome = try simulate(scenario) { lines += $0 + "\n" }
        return (lines, outcome)
    }

    /// Something of everything.
    private func lively(seed: UInt64) -> Scenario {
        var web = ProjectGroup(
            name: "web", count: 6,
            cpu: ProjectGroup.Need(
                Curve(.walk(least: 0, most: 3_000, step: 500, every: 60_000), noise: 0.2)),
            memory: ProjectGroup.Need(
                Curve(
                    .bursty(idle: gibibyte, busy: 3 * gibibyte, idleFor: 900_000, busyFor: 300_000)),
                limit: 4 * gibibyte))
        web.arrival = .poisson(every: 600_000, from: 0)
        web.lives = 7_200_000
        web.crashesPerHour = 2
        var batch = steady("batch", count: 5, cpu: 2_000)
        batch.priority = .low
        var result = small([web, batch], memory: 12 * gibibyte, duration: 6 * 3_600_000)
        result.machine.projectsMax = 8
        result.strategy = .dynamic
        result.seed = seed
        return result
    }

    @Test func equalSeedsGiveEqualBytesAndOthersDoNot() throws {
        let (first, one) = try traced(lively(seed: 4))
        let (second, two) = try traced(lively(seed: 4))
        let (other, _) = try traced(lively(seed: 5))
        #expect(first == second)
        #expect(commaSeparated(one.rows) == commaSeparated(two.rows))
        #expect(
            one.text(of: lively(seed: 4), named: "x") == two.text(of: lively(seed: 4), named: "x"))
        #expect(first != other)
        #expect(first.utf8.count > 10_000)
    }

    @Test func everyStrategyLivesThroughSomethingOfEverything() throws {
        for strategy in [Strategy.static, .fairShare, .priorityBased, .dynamic] {
            for seed in 0..<10 as Range<UInt64> {
                var scenario = lively(seed: seed)
                scenario.strategy = strategy
                let totals = try simulate(scenario).totals
                #expect(totals.cpuUsed <= totals.cpuCapacity * (1 + 1e-9))
                #expect(totals.memoryUsed <= totals.memoryCapacity * (1 + 1e-9))
                #expect(totals.longestPassing <= totals.passingBound)
                #expect(totals.crashes > 0 && totals.restarts > 0)
            }
        }
    }

    @Test func whoWantsMoreThanItsLimitIsKilledAndStartedAgainLaterAndLater() throws {
        var scenario = small([steady("a")])
        scenario.groups[0].memory.limit = gibibyte / 2
        scenario.strategy = .static
        let (trace, outcome) = try traced(scenario)
        // After five failures its breaker opens, for five minutes.
        #expect(outcome.totals.outOfMemory > 5)
        #expect(outcome.totals.outOfMemory < 60)
        #expect(trace.contains("is killed: wants 1073741824 of 536870912 bytes"))
        #expect(trace.contains("main: "))
    }

    @Test func ifAllTogetherWantMoreThanThereIsWhoHasMostIsKilled() throws {
        var large = steady("large")
        large.memory = ProjectGroup.Need(Curve(.constant(6 * gibibyte)))
        var scenario = small([steady("a", count: 4), large], memory: 8 * gibibyte)
        scenario.strategy = .static
        let (trace, outcome) = try traced(scenario)
        #expect(outcome.totals.machineOutOfMemory > 0)
        #expect(outcome.totals.outOfMemory == 0)
        let killed = trace.split(separator: "\n").filter {
            $0.contains("the machine has no memory")
        }
        #expect(killed.allSatisfy { $0.contains(" large ") })
    }

    @Test func theLadderTakesFromTheLeastImportantAndAvoidsKills() throws {
        var low = steady("low", count: 3)
        low.priority = .low
        low.memory = ProjectGroup.Need(
            Curve(.ramp(before: gibibyte, after: 4 * gibibyte, at: 600_000, over: 1_800_000)))
        var top = steady("top")
        top.priority = .critical
        top.memory.guarantee = gibibyte
        var scenario = small([low, top], memory: 10 * gibibyte, duration: 2 * 3_600_000)
        scenario.interval = 10_000
        scenario.rebalance = 10_000
        let (trace, outcome) = try traced(scenario)
        #expect(outcome.totals.squeezed > 0)
        #expect(outcome.totals.machineOutOfMemory == 0)
        #expect(!trace.contains(" top from "))
        scenario.strategy = .static
        #expect(try simulate(scenario).totals.machineOutOfMemory > 0)
    }

    @Test func whoIsSqueezedLosesAFifthUntilTheMachineIsAtEase() throws {
        var low = steady("low", count: 3)
        let use = [(0, 2.0), (60_000, 2.7), (120_000, 3), (180_000, 1)].map { time, amount in
            Curve.Sample(time: Int64(time), amount: amount * gibibyte)
        }
        low.memory = ProjectGroup.Need(Curve(.recorded(use)))
        var scenario = small([low], memory: 8.5 * gibibyte)
        scenario.interval = 10_000
        scenario.rebalance = scenario.duration
        var simulator = try Simulator(scenario, trace: nil)
        func squeezed() -> [Double] {
            simulator.bodies.filter { $0.rung == .squeezed }.map { $0.memoryUsed / gibibyte }
        }
        try simulator.run(until: 50_000)
        for index in 0..<3 { simulator.bodies[index].memoryShare = gibibyte }
        // One is enough at first; then all want more than there is, and a second one makes room.
        try simulator.run(until: 115_000)
        #expect(squeezed().map { ($0 * 100).rounded() } == [216])
        try simulator.run(until: 175_000)
        #expect(squeezed().map { ($0 * 100).rounded() }.sorted() == [216, 240])
        try simulator.run(until: 900_000)
        #expect(simulator.bodies.allSatisfy { $0.rung == .none && $0.memoryHigh == .infinity })
        let totals = simulator.outcome.totals
        #expect(totals.machineOutOfMemory == 0 && totals.killsAvoided == 1)
    }

    @Test func whoDoesNotFitWaitsNobodyPassesForLongAndAllAreServed() throws {
        var low = steady("low", count: 30)
        low.priority = .low
        low.arrival = .poisson(every: 60_000, from: 0)
        low.lives = 600_000
        var high = low
        high.name = "high"
        high.priority = .critical
        var scenario = small([low, high], duration: 24 * 3_600_000)
        scenario.machine.projectsMax = 4
        let totals = try simulate(scenario).totals
        #expect(totals.admitted == 60)
        #expect(totals.stillWaiting == 0)
        #expect(totals.longestWait > 600_000)
        #expect(totals.longestPassing > 0)
        #expect(totals.longestPassing <= totals.passingBound)
    }

    /// One place, which is taken at first; somebody of no importance waits for it, and so does somebody
    /// critical who comes so much later.
    private func order(late: Int64, seed: UInt64) throws -> [String] {
        var first = steady("first")
        first.lives = 86_400_000
        var low = steady("low")
        low.priority = .low
        low.arrival = .at(60_000)
        low.lives = 60_000
        var late = ProjectGroup(name: "late", count: 1, cpu: first.cpu, memory: first.memory)
            .arriving(at: 60_000 + late)
        late.priority = .critical
        late.lives = 60_000
        var scenario = small([first, low, late], duration: 20 * 86_400_000)
        scenario.machine.projectsMax = 1
        scenario.interval = 3_600_000
        scenario.rebalance = 3_600_000
        scenario.report = 86_400_000
        scenario.seed = seed
        let (trace, _) = try traced(scenario)
        return trace.split(separator: "\n").filter { $0.contains(" is let in ") }
            .map { String($0.split(separator: " ")[1]) }
    }

    @Test func whoComesLaterThanAgeingAllowsComesLaterHoweverImportant() throws {
        var passed = 0
        for seed in 1...8 as ClosedRange<UInt64> {
            // Half an hour stands for the three classes of priority between them.
            #expect(try order(late: 31 * 60_000, seed: seed) == ["first", "low", "late"])
            if try order(late: 29 * 60_000, seed: seed) == ["first", "late", "low"] { passed += 1 }
        }
        // The first one may go before the late one has come.
        #expect(passed >= 6)
    }

    @Test func whoIsPausedOutsideItsHoursUsesNothingThen() throws {
        var scenario = small([steady("a")], duration: 24 * 3_600_000)
        scenario.groups[0].workHours = try WorkHours(
            start: 9 * 60, end: 17 * 60, days: 0b111_1111, outside: .pause)
        scenario.report = 3_600_000
        let rows = try simulate(scenario).rows
        #expect(rows.count == 24)
        #expect(rows[5].cpuUsed == 0 && rows[12].cpuUsed == 1_000 && rows[20].cpuUsed == 0)
    }

    @Test func whoDepartsLeavesNothingBehind() throws {
        var scenario = small([steady("a", count: 50)], cpu: 100_000, duration: 24 * 3_600_000)
        scenario.groups[0].lives = 3_600_000
        var simulator = try Simulator(scenario, trace: nil)
        try simulator.run(until: scenario.duration)
        #expect(simulator.scheduler.count == 0)
        #expect(simulator.admittedCount == 0 && simulator.guaranteed == .zero)
        #expect(simulator.projects.allSatisfy { $0.fleet.views.isEmpty })
    }

    @Test func aShareIsOfTheWeightThatThePriorityHas() throws {
        var high = steady("high", cpu: 9_000)
        high.priority = .high
        let scenario = small([steady("normal", cpu: 9_000), high], cpu: 6_000)
        var simulator = try Simulator(scenario, trace: nil)
        try simulator.run(until: scenario.duration)
        #expect(simulator.scratch.got.map { $0.rounded() } == [2_000, 4_000])
        #expect(simulator.outcome.totals.fairnessMean > 0.99)
    }
}
