import Plan
import Scheduling
import Testbed
import Testing

/// What is said in words and what comes from outside.
@Suite struct RulesTests {
    @Test func aStrategyIsAWordOrTheAbsolutePathOfAProgram() throws {
        for text in ["static", "fair_share", "priority_based", "dynamic", "/usr/lib/ours/divide"] {
            #expect(try Strategy(parsing: text).text == text)
        }
        for text in ["", "Dynamic", "fair", "divide", "/", "//a", "/a/../b", "/a/./b", "/a/"] {
            #expect(throws: InvalidValue.self) { try Strategy(parsing: text) }
        }
        let error = #expect(throws: InvalidValue.self) { try Strategy(parsing: "fair") }
        #expect(error?.message == "strategy 'fair': is none that is known")
    }

    @Test func tunablesOutsideTheirRangesAreRefused() throws {
        try Tunables.standard.check()
        let wrongs: [(inout Tunables) -> Void] = [
            { $0.margin = .nan }, { $0.margin = -0.1 }, { $0.intervalMilliseconds = 0 },
            { $0.memoryHalfLife = .infinity }, { $0.stepDown = 0 }, { $0.pressure = 0 },
            { $0.ageingMilliseconds = .max }, { $0.reserve = 1 }, { $0.hysteresis = 2 },
        ]
        for wrong in wrongs {
            var tunables = Tunables.standard
            wrong(&tunables)
            #expect(throws: InvalidValue.self) { try tunables.check() }
        }
    }

    @Test func aProjectThatAsksForTheImpossibleIsRefused() throws {
        let name = try ProjectName("a")
        let limit = Amounts(cpu: 1_000, memory: 1e9)
        let wrongs = [
            Subject(name: name, weightFactor: .nan, limit: limit),
            Subject(name: name, weightFactor: 0, limit: limit),
            Subject(name: name, weightFactor: 1e9, limit: limit),
            Subject(name: name, guarantee: Amounts(cpu: -1), limit: limit),
            Subject(name: name, guarantee: Amounts(cpu: .nan), limit: limit),
            Subject(name: name, guarantee: Amounts(memory: .infinity), limit: limit),
            Subject(name: name, guarantee: Amounts(cpu: 2_000), limit: limit),
            Subject(name: name, guarantee: Amounts(slots: 1e9), limit: Amounts(slots: .infinity)),
            Subject(name: name, limit: Amounts(cpu: .nan)),
        ]
        for wrong in wrongs {
            var scheduler = try Scheduler(strategy: .fairShare, capacity: machine)
            #expect(throws: InvalidValue.self) { try scheduler.join(wrong) }
            #expect(scheduler.count == 0)
        }
        for capacity in [Amounts(cpu: .nan), Amounts(memory: -1), Amounts(slots: 1e12)] {
            #expect(throws: InvalidValue.self) {
                try Scheduler(strategy: .fairShare, capacity: capacity)
            }
        }
    }

    @Test func workHoursGoOnPastMidnightAndEveryDayHasItsOwn() throws {
        let office = try WorkHours(start: 540, end: 1_020, days: 0b0011111)
        #expect(!office.contains(minuteOfWeek: 539))
        #expect(office.contains(minuteOfWeek: 540))
        #expect(office.contains(minuteOfWeek: 1_019))
        #expect(!office.contains(minuteOfWeek: 1_020))
        #expect(!office.contains(minuteOfWeek: 5 * 1_440 + 600))
        #expect(office.contains(minuteOfWeek: 600 + 10_080))
        #expect(office.contains(minuteOfWeek: 600 - 10_080))
        // The night from Sunday to Monday.
        let night = try WorkHours(start: 1_320, end: 360, days: 0b1000000)
        #expect(night.contains(minuteOfWeek: 6 * 1_440 + 1_320))
        #expect(night.contains(minuteOfWeek: 359))
        #expect(!night.contains(minuteOfWeek: 360))
        #expect(!night.contains(minuteOfWeek: 1_440 + 100))
        for (start, end, days) in [(0, 0, 1), (-1, 5, 1), (0, 1_441, 1), (5, 9, 0), (5, 9, 128)] {
            #expect(throws: InvalidValue.self) {
                try WorkHours(start: start, end: end, days: UInt8(days))
            }
        }
    }

    @Test func outsideItsWorkHoursAProjectWeighsAQuarterOrStandsStill() throws {
        let less = try WorkHours(start: 540, end: 1_020, days: 0b1111111)
        let pause = try WorkHours(start: 540, end: 1_020, days: 0b1111111, outside: .pause)
        var scheduler = try Scheduler.busy(
            .priorityBased, [project("a"), project("b", hours: less), project("c", hours: pause)])
        func cpu() -> [Double] { scheduler.shares.map { $0.allocation[.cpu] } }
        _ = scheduler.decide(at: 0, minuteOfWeek: 600)
        for amount in cpu() { #expect(abs(amount - 8_000 / 3) < 0.001) }
        _ = scheduler.decide(at: 0, minuteOfWeek: 1_200)
        #expect(cpu() == [6_400, 1_600, 0])
        #expect(scheduler.shares.map(\.isPaused) == [false, false, true])
        #expect(scheduler.shares[1].cpuReason == .offHours(weight: 0.5))
        #expect(scheduler.shares[2].cpuReason == .paused)
    }

    @Test func whatACustomStrategySaysIsFollowedOnlyIfItIsFair() throws {
        var scheduler = try Scheduler.busy(
            .custom(path: "/divide"),
            [
                project("a", guarantee: Amounts(cpu: 2_000)),
                project("b", limit: Amounts(cpu: 7_000)),
            ])
        let (a, b) = (try ProjectName("a"), try ProjectName("b"))
        let asked = scheduler.snapshot(minuteOfWeek: 0)
        #expect(asked.asks.map(\.name) == [a, b])
        func answer(_ cpuOfA: Double, _ cpuOfB: Double) throws(InvalidValue) -> CustomAnswer {
            try CustomAnswer.check(
                [(a, Amounts(cpu: cpuOfA)), (b, Amounts(cpu: cpuOfB))], against: asked)
        }
        for (cpuOfA, cpuOfB) in [
            (Double.nan, 0.0), (.infinity, 0), (-1, 0), (1_000, 0), (2_000, 7_500), (2_000, 6_500),
            (1e300, 0),
        ] {
            #expect(throws: InvalidValue.self) { try answer(cpuOfA, cpuOfB) }
        }
        let error = #expect(throws: InvalidValue.self) { try answer(1_000, 0) }
        #expect(
            error?.message
                == "answer of the custom strategy: cpu of project a '1000.0': is less than the 2000.0 kept for it"
        )
        for entries in [
            [(a, Amounts(cpu: 3_000))],
            [(a, Amounts(cpu: 3_000)), (b, .zero), (b, .zero)],
            [(a, Amounts(cpu: 3_000)), (b, .zero), (try ProjectName("c"), .zero)],
        ] {
            #expect(throws: InvalidValue.self) {
                try CustomAnswer.check(entries, against: asked)
            }
        }
        let good = try answer(6_000, 1_000)
        let followed = scheduler.decide(at: 0, minuteOfWeek: 0, answer: good)
        #expect(followed.followedAnswer)
        #expect(followed.changed.map { $0.allocation[.cpu] } == [6_000, 1_000])
        #expect(followed.changed.map(\.cpuReason) == [.custom, .custom])
        #expect(followed.changed.map(\.cpuWeight) == [171, 29])
        // Without an answer the priorities decide, and an answer to an older question is none.
        let fallback = scheduler.decide(at: 0, minuteOfWeek: 0)
        #expect(!fallback.followedAnswer)
        #expect(fallback.changed.map { $0.allocation[.cpu] } == [4_000, 4_000])
        try scheduler.join(project("d"))
        #expect(!scheduler.decide(at: 0, minuteOfWeek: 0, answer: good).followedAnswer)
    }

    @Test func aStaticMachineMovesNothing() throws {
        var scheduler = try Scheduler.busy(
            .static, [project("a", factor: 2, guarantee: Amounts(memory: 1e9)), project("b")])
        let decision = scheduler.decide(at: 0, minuteOfWeek: 0)
        #expect(decision.changed.map(\.cpuWeight) == [200, 100])
        #expect(decision.changed.map(\.memoryLow) == [1_000_000_000, 0])
        #expect(decision.changed.map(\.memoryLimit) == [nil, nil])
        #expect(decision.changed.map(\.cpuReason) == [.configured, .configured])
    }

    @Test func aValueIsSaidWithTwoDigitsAtMost() {
        #expect(Reason.share(weight: 2).text.hasSuffix("weight 2"))
        #expect(Reason.share(weight: 0.25).text.hasSuffix("weight 0.25"))
        #expect(Reason.share(weight: 1.5).text.hasSuffix("weight 1.5"))
        #expect(Reason.share(weight: 1.05).text.hasSuffix("weight 1.05"))
    }

    @Test func aPercentileIsWithinABucketOfTheTruthAndOldValuesFade() {
        var histogram = DecayingHistogram(least: 1)
        for value in 1...1_000 { histogram.add(Double(value), seconds: 1, halfLife: 1e9) }
        for share in [0.1, 0.5, 0.9, 0.99, 1] {
            let truth = share * 1_000
            let said = histogram.percentile(share) ?? 0
            #expect(said >= truth * 0.999 && said <= truth * 1.07)
        }
        histogram.add(5, seconds: 40_000, halfLife: 1_000)
        #expect((histogram.percentile(0.99) ?? 0) < 5.5)
        histogram.add(.nan, seconds: 1, halfLife: 1)
        histogram.add(5, seconds: -1, halfLife: 1)
        #expect((histogram.percentile(0.99) ?? 0) < 5.5)
    }
}
