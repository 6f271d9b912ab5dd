import Plan
import Scheduling
import Testing

/// How the memory limit of one project moves under `dynamic`.
@Suite struct EstimatorTests {
    /// One project, looked at every five minutes.
    private struct Bench {
        static let mebibyte = Double(1 << 20)
        var scheduler: Scheduler
        let name: ProjectName
        var minute = 0

        init(_ tunables: Tunables = .standard, guarantee: Double = 0) throws {
            name = try ProjectName("a")
            scheduler = try Scheduler(
                tunables: tunables, strategy: .dynamic, capacity: machine)
            try scheduler.join(
                Subject(
                    name: name, guarantee: Amounts(memory: guarantee * Self.mebibyte),
                    limit: Amounts(cpu: 1_000, memory: 8_192 * Self.mebibyte)))
        }

        /// What it uses for so many minutes, in mebibytes; the limit after that.
        @discardableResult
        mutating func uses(_ mebibytes: Double, for minutes: Int = 5, kills: Int = 0) throws
            -> Double?
        {
            for _ in 0..<minutes / 5 {
                minute += 5
                try scheduler.observe(
                    name,
                    Use(
                        cpu: 100, memory: mebibytes * Self.mebibyte, kills: kills,
                        milliseconds: 300_000), at: Int64(minute) * 60_000, minuteOfWeek: minute)
                _ = scheduler.decide(at: Int64(minute) * 60_000, minuteOfWeek: minute)
            }
            return limit
        }

        var share: Decision.Share? { scheduler.share(of: name) }
        var limit: Double? { share?.memoryLimit.map { Double($0) / Self.mebibyte } }
    }

    @Test func nothingIsMovedBeforeAnythingIsKnown() throws {
        var bench = try Bench()
        #expect(try bench.uses(100, for: 25) == nil)
        #expect(bench.share?.limitReason == .follows(.unknown))
        #expect(try bench.uses(100) != nil)
    }

    @Test func aLimitIsWhatIsUsedAndAMargin() throws {
        var bench = try Bench()
        let limit = try #require(try bench.uses(1_000, for: 600))
        #expect(abs(limit - 1_120) < 1)
        #expect(bench.share?.limitReason == .follows(.recentPeak))
    }

    @Test func aKilledProcessRaisesTheLimitAtOnce() throws {
        var bench = try Bench()
        try bench.uses(1_000, for: 600)
        let limit = try #require(try bench.uses(1_120, kills: 1))
        #expect(limit >= 1_120 * 1.5)
        #expect(bench.share?.limitReason == .follows(.kill))
    }

    @Test func moreUseRaisesTheLimitAtOnceAndLessLowersItInSteps() throws {
        var tunables = Tunables.standard
        tunables.stepDown = 0.06
        var bench = try Bench(tunables)
        try bench.uses(1_000, for: 600)
        #expect(try #require(try bench.uses(4_000)) >= 4_000 * 1.1)
        var last = try #require(bench.limit)
        for _ in 0..<2_000 {
            let next = try #require(try bench.uses(1_000))
            #expect(next >= last * 0.939)
            #expect(next >= 1_100)
            last = next
        }
        #expect(last < 1_300)
    }

    @Test func aLimitIsNeverLessThanTheGuaranteeNorMoreThanIsConfigured() throws {
        var bench = try Bench(guarantee: 2_000)
        #expect(try bench.uses(100, for: 600) == 2_000)
        #expect(bench.share?.limitReason == .follows(.guarantee))
        #expect(try bench.uses(8_100) == 8_192)
        #expect(bench.share?.limitReason == .follows(.limit))
    }

    @Test func inSteadyStateNothingIsMoved() throws {
        var bench = try Bench()
        try bench.uses(1_000, for: 1_440)
        let limit = bench.limit
        for step in 0..<1_000 {
            #expect(try bench.uses(step % 3 == 0 ? 1_000 : 970) == limit)
        }
    }

    @Test func whatIsUsualAtAnHourOfTheWeekRaisesTheLimitAheadOfIt() throws {
        var bench = try Bench()
        // Four working weeks; every morning at nine it jumps.
        for day in 0..<28 {
            let isOffice = day % 7 < 5
            try bench.uses(500, for: 535)
            let ahead = try #require(bench.limit)
            if day >= 14, isOffice { #expect(ahead >= 2_000, "on day \(day)") }
            try bench.uses(500)
            try bench.uses(isOffice ? 2_000 : 500, for: 540)
            try bench.uses(500, for: 360)
        }
        // And falls at night.
        #expect(try #require(bench.limit) < 800)
    }

    @Test func aClockThatJumpsIsNoTimeThatPassed() throws {
        var bench = try Bench()
        try bench.uses(1_000, for: 1_440)
        let limit = bench.limit
        for time in [Int64.max, 0, -1, Int64.min, 1 << 40, 0] {
            for milliseconds in [Int64.max, Int64.min, 300_000] {
                try bench.scheduler.observe(
                    bench.name,
                    Use(
                        cpu: .nan, memory: 1_000 * Bench.mebibyte,
                        pressure: .init(cpu: .infinity, memory: .nan, io: -1),
                        kills: 0, milliseconds: milliseconds), at: time, minuteOfWeek: Int.min + 1)
                _ = bench.scheduler.decide(at: time, minuteOfWeek: Int.max)
            }
        }
        #expect(bench.limit == limit)
    }

    @Test func adviceSaysWhatWasUsedAndHowSureItIs() throws {
        var bench = try Bench()
        #expect(bench.scheduler.advice(for: bench.name).isEmpty)
        try bench.uses(1_000, for: 120)
        let early = try #require(
            bench.scheduler.advice(for: bench.name).first { $0.resource == .memory })
        #expect(early.confidence == .low)
        try bench.uses(1_000, for: 8 * 1_440)
        let late = try #require(
            bench.scheduler.advice(for: bench.name).first { $0.resource == .memory })
        #expect(late.confidence == .high)
        // Buckets are 6 % wide, and the margin is 12 %.
        let suggested = late.suggested / Bench.mebibyte
        #expect(suggested > 1_120 && suggested < 1_120 * 1.07)
        #expect(late.evidence.hasPrefix("in 194 hours it used 10"))
    }
}
