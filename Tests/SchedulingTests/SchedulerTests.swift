import Plan
import Scheduling
import Testing

@Suite struct SchedulerTests {
    @Test func withEqualSharesAllGetTheSame() throws {
        var scheduler = try Scheduler.busy(
            .fairShare, [project("a", .critical), project("b", .low)])
        let decision = scheduler.decide(at: 0, minuteOfWeek: 0)
        #expect(decision.changed.map { $0.allocation[.cpu] } == [4_000, 4_000])
        #expect(decision.changed.map(\.cpuWeight) == [100, 100])
        #expect(decision.changed.map(\.cpuReason) == [.share(weight: 1), .share(weight: 1)])
        #expect(decision.allocated[.cpu] == 8_000)
        #expect(decision.fairness == 1)
        #expect(decision.efficiency == 1)
    }

    @Test func whoDoesNotRunLeavesItsShareToTheOthers() throws {
        var scheduler = try Scheduler.busy(.fairShare, [project("a"), project("b")])
        _ = scheduler.decide(at: 0, minuteOfWeek: 0)
        let (a, b) = (try ProjectName("a"), try ProjectName("b"))
        try scheduler.setRunning(b, false)
        _ = scheduler.decide(at: 1, minuteOfWeek: 0)
        #expect(scheduler.share(of: a)?.allocation[.cpu] == 8_000)
        #expect(scheduler.share(of: b)?.cpuReason == .notRunning)
        try scheduler.setRunning(b, true)
        #expect(scheduler.decide(at: 2, minuteOfWeek: 0).running == 2)
        #expect(scheduler.share(of: a)?.allocation[.cpu] == 4_000)
        #expect(throws: InvalidValue.self) {
            try scheduler.setRunning(try ProjectName("z"), true)
        }
    }

    @Test func byPriorityTheSharesAreEightFourTwoAndOne() throws {
        var scheduler = try Scheduler.busy(
            .priorityBased,
            [
                project("a", .critical), project("b", .high), project("c", .normal),
                project("d", .low),
            ])
        let cpu = scheduler.decide(at: 0, minuteOfWeek: 0).changed.map { $0.allocation[.cpu] }
        for (share, weight) in zip(cpu, [8.0, 4, 2, 1]) {
            #expect(abs(share - 8_000 * weight / 15) < 0.001)
        }
    }

    @Test func whatOneLeavesTheOthersGetAtTheNextDecisionButOne() throws {
        var scheduler = try Scheduler.busy(.fairShare, [project("a"), project("b")])
        _ = scheduler.decide(at: 0, minuteOfWeek: 0)
        let all = Use(
            cpu: 4_000, memory: gibibyte, pressure: .init(cpu: 0.5), milliseconds: 30_000)
        let little = Use(cpu: 1_000, memory: gibibyte, milliseconds: 30_000)
        let (a, b) = (try ProjectName("a"), try ProjectName("b"))
        for step in 1...3 {
            try scheduler.observe(a, all, at: Int64(step) * 30_000, minuteOfWeek: 0)
            try scheduler.observe(b, little, at: Int64(step) * 30_000, minuteOfWeek: 0)
            _ = scheduler.decide(at: Int64(step) * 30_000, minuteOfWeek: 0)
        }
        #expect(scheduler.share(of: a)?.allocation[.cpu] == 7_000)
        #expect(scheduler.share(of: b)?.allocation[.cpu] == 1_000)
        #expect(scheduler.share(of: b)?.cpuReason == .satisfied)
    }

    @Test func onlyWhatChangedIsTold() throws {
        var scheduler = try Scheduler.busy(.fairShare, [project("a"), project("b")])
        #expect(scheduler.decide(at: 0, minuteOfWeek: 0).changed.count == 2)
        #expect(scheduler.decide(at: 1, minuteOfWeek: 0).changed.isEmpty)
    }
}
