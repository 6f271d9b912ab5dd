import Plan
import Scheduling
import Testing

@Suite struct WeightTests {
    private func weights(_ strategy: Strategy, _ projects: [Subject]) throws -> [Int] {
        var scheduler = try Scheduler.busy(strategy, projects)
        _ = scheduler.decide(at: 0, minuteOfWeek: 0)
        return scheduler.shares.map(\.cpuWeight)
    }

    @Test func aUsualProjectWeighsWhatTheKernelGivesToWhoeverSaysNothing() throws {
        #expect(
            try weights(.fairShare, [project("a", .critical), project("b", .low)]) == [100, 100])
        let all = try [
            project("a", .critical), project("b", .high), project("c", .normal), project("d", .low),
            project("e", factor: 3),
        ]
        for strategy in [Strategy.priorityBased, .dynamic] {
            #expect(try weights(strategy, all) == [400, 200, 100, 50, 300])
        }
    }

    @Test func howManyThereAreChangesNoWeight() throws {
        for count in [1, 2, 10, 1_000] {
            let crowd = try (0..<count).map { try project("p\($0)") }
            #expect(try Set(weights(.priorityBased, crowd)) == [100])
        }
    }

    @Test func aWeightThatAPersonHasSetIsComparedWithItsLike() throws {
        var pinned = try project("a", .critical)
        pinned.pinnedWeight = 100
        var scheduler = try Scheduler.busy(.priorityBased, [pinned, try project("b")])
        let decision = scheduler.decide(at: 0, minuteOfWeek: 0)
        // As the kernel will have it: nobody reckons with a priority that is not in force.
        #expect(decision.changed.map(\.cpuWeight) == [100, 100])
        #expect(decision.changed.map { $0.entitlement[.cpu] } == [4_000, 4_000])
        pinned.pinnedWeight = 300
        try scheduler.update(pinned)
        let next = scheduler.decide(at: 1, minuteOfWeek: 0)
        #expect(next.changed.map(\.cpuWeight) == [300, 100])
        #expect(next.changed.map { $0.entitlement[.cpu] } == [6_000, 2_000])
        for wrong in [0, -1, 10_001] {
            pinned.pinnedWeight = wrong
            #expect(throws: InvalidValue.self) { try scheduler.update(pinned) }
        }
    }

    @Test func whoIsGuaranteedMoreThanItWeighsWeighsWhatThatTakes() throws {
        let all = try [
            project("a", guarantee: Amounts(cpu: 6_000)), project("b"), project("c", .low),
        ]
        let found = try weights(.priorityBased, all)
        // 6,000 are kept, and of 2,000 the others have two thirds and one.
        #expect(found == [450, 100, 50])
        // When less is left for the others, the guarantee needs more.
        #expect(try weights(.priorityBased, all + [try project("d")])[0] == 750)
    }

    @Test func whoWeighsAnewSinceOthersCameIsTold() throws {
        // Of processors alone: of memory each has another share when one comes.
        let limit = Amounts(cpu: 8_000)
        var scheduler = try Scheduler.busy(
            .priorityBased,
            [
                project("a", guarantee: Amounts(cpu: 6_000), limit: limit),
                project("b", limit: limit),
            ])
        _ = scheduler.decide(at: 0, minuteOfWeek: 0)
        try scheduler.join(project("c", limit: limit))
        let told = scheduler.decide(at: 1, minuteOfWeek: 0).changed
        #expect(told.first { $0.name.text == "a" }?.cpuWeight == 600)
    }

    /// Beyond what the kernel can say, all weigh less in proportion.
    @Test func guaranteesComeBeforeTheScale() throws {
        let crowd = try (0..<1_000).map { try project("p\($0)") }
        let all = try [project("a", guarantee: Amounts(cpu: 7_200))] + crowd
        let found = try weights(.priorityBased, all)
        #expect(found[0] == 10_000)
        let part = Double(found[0]) / Double(found.reduce(0, +))
        #expect(abs(part - 0.9) < 0.01)
    }

    @Test func guaranteesThatTakeEverythingLeaveTheLeastWeight() throws {
        for most in [8_000.0, 16_000] {
            let found = try weights(
                .priorityBased,
                [
                    project("a", guarantee: Amounts(cpu: most / 2)),
                    project("b", guarantee: Amounts(cpu: most / 2)), project("c", .critical),
                ])
            #expect(found == [10_000, 10_000, 1])
        }
    }

    @Test func whereThereIsEnoughForAllWeightsAreWhatIsConfigured() throws {
        let small = Amounts(cpu: 500)
        #expect(
            try weights(
                .priorityBased,
                [
                    project("a", guarantee: small, limit: small), project("b", .low, limit: small),
                    project("c", .high, limit: small),
                ]) == [100, 50, 200])
    }
}
