import Plan
import Scheduling
import Testbed
import Testing

@Suite struct PreemptionLadderTests {
    private static let stalled = Use.Pressure(memory: 0.5)
    private static let calm = Use.Pressure()

    private static func candidate(
        _ name: String, _ priority: Priority, memory: Double, share: Double = 100,
        guarantee: Double = 0
    ) throws -> PreemptionLadder.Candidate {
        PreemptionLadder.Candidate(
            name: try ProjectName(name), priority: priority, guarantee: Amounts(memory: guarantee),
            allocation: Amounts(memory: share), use: Amounts(cpu: 100, memory: memory))
    }

    @Test func theLeastImportantIsSqueezedThenFrozenThenStoppedAndAllIsUndoneInReverse() throws {
        var ladder = PreemptionLadder()
        let candidates = [
            try Self.candidate("important", .critical, memory: 900),
            try Self.candidate("small", .low, memory: 150),
            try Self.candidate("large", .low, memory: 500),
        ]
        var taken: [String] = []
        var time: Int64 = 0
        for _ in 0..<7 {
            if let move = ladder.step(pressure: Self.stalled, candidates: candidates, at: time) {
                taken.append("\(move.name) \(move.from) \(move.to)")
            }
            time += 10_000
        }
        #expect(
            taken == [
                "large none squeezed", "small none squeezed", "large squeezed frozen",
                "small squeezed frozen", "large frozen stopped", "small frozen stopped",
                "important none squeezed",
            ])
        var undone: [String] = []
        for _ in 0..<60 {
            if let move = ladder.step(pressure: Self.calm, candidates: candidates, at: time) {
                undone.append("\(move.name) \(move.from) \(move.to)")
            }
            time += 10_000
        }
        #expect(
            undone == [
                "important squeezed none", "small stopped frozen", "large stopped frozen",
                "small frozen squeezed", "large frozen squeezed", "small squeezed none",
                "large squeezed none",
            ])
        #expect(ladder.steps.isEmpty)
    }

    @Test func withoutLeaveToTakeAllIsGivenBackAtOnceThoughTheMachineStalls() throws {
        var ladder = PreemptionLadder()
        let candidates = [
            try Self.candidate("small", .low, memory: 150),
            try Self.candidate("large", .low, memory: 500),
        ]
        for time in 0..<3 {
            _ = ladder.step(
                pressure: Self.stalled, candidates: candidates, at: Int64(time) * 10_000)
        }
        var undone: [String] = []
        while let move = ladder.giveBack() {
            #expect(move.cause == .leave)
            undone.append("\(move.name) \(move.from) \(move.to)")
        }
        #expect(
            undone == ["large frozen squeezed", "small squeezed none", "large squeezed none"])
        #expect(ladder.steps.isEmpty)
    }

    @Test func whoIsWithinItsGuaranteeIsNotTouchedAndWhoHasOneIsSqueezedAtMost() throws {
        var ladder = PreemptionLadder()
        let candidates = [
            try Self.candidate("within", .low, memory: 200, guarantee: 200),
            try Self.candidate("above", .low, memory: 300, guarantee: 200),
        ]
        let first = ladder.step(pressure: Self.stalled, candidates: candidates, at: 0)
        #expect(first?.name.text == "above")
        #expect(first?.cause == .pressure(.memory, share: 0.5))
        for time in 1...100 {
            let move = ladder.step(
                pressure: Self.stalled, candidates: candidates, at: Int64(time) * 10_000)
            #expect(move == nil)
        }
    }

    @Test func oneRungIsTakenAtATimeWhateverTheClockDoes() throws {
        var ladder = PreemptionLadder()
        let candidates = [try Self.candidate("a", .low, memory: 900)]
        #expect(ladder.step(pressure: Self.stalled, candidates: candidates, at: 1_000_000) != nil)
        #expect(ladder.step(pressure: Self.stalled, candidates: candidates, at: 1_009_999) == nil)
        #expect(ladder.step(pressure: Self.stalled, candidates: candidates, at: 5) == nil)
        #expect(ladder.step(pressure: Self.stalled, candidates: candidates, at: 10_005) != nil)
    }

    @Test func forProcessorsNobodyIsStoppedSinceThatFreesNone() throws {
        var ladder = PreemptionLadder()
        let busy = PreemptionLadder.Candidate(
            name: try ProjectName("a"), priority: .low, guarantee: .zero, allocation: .zero,
            use: Amounts(cpu: 4_000))
        for time in 0..<10 {
            _ = ladder.step(
                pressure: .init(cpu: 1), candidates: [busy], at: Int64(time) * 10_000)
        }
        #expect(ladder.rung(of: busy.name) == .frozen)
    }

    @Test func betweenTroubleAndEaseNothingHappens() throws {
        var ladder = PreemptionLadder()
        let candidates = [try Self.candidate("a", .low, memory: 900)]
        _ = ladder.step(pressure: Self.stalled, candidates: candidates, at: 0)
        for time in 1..<100 {
            let move = ladder.step(
                pressure: .init(memory: 0.2), candidates: candidates, at: Int64(time) * 10_000)
            #expect(move == nil)
        }
    }

    @Test func aSuccessorGoesOnWhereTheLastSupervisorWas() throws {
        let a = try ProjectName("a")
        var ladder = PreemptionLadder(steps: [.init(a, .squeezed), .init(a, .frozen)])
        #expect(ladder.rung(of: a) == .frozen)
        _ = ladder.step(pressure: Self.calm, candidates: [], at: 0)
        let move = ladder.step(pressure: Self.calm, candidates: [], at: 60_000)
        #expect(move?.to == .squeezed)
        ladder.release(a)
        #expect(ladder.rung(of: a) == .none)
    }

    /// Random pressures and projects: nobody within its guarantee is ever moved up, nobody before all of
    /// a lower priority have come as far as they may, and what is undone is what was done last.
    @Test(arguments: 0..<4)
    func theRulesHoldOverRandomSteps(seed: Int) throws {
        var random = Seeded(UInt64(seed))
        var ladder = PreemptionLadder()
        let names = try (0..<6).map { try ProjectName("p\($0)") }
        let priorities = names.map { _ in random.pick(Priority.allCases) }
        let guarantees = names.map { _ in random.oneIn(2) ? 200.0 : 0 }
        var time: Int64 = 0
        for _ in 0..<20_000 {
            time += Int64(random.below(30_000))
            let candidates = names.indices.map { index in
                PreemptionLadder.Candidate(
                    name: names[index], priority: priorities[index],
                    guarantee: Amounts(memory: guarantees[index]),
                    allocation: Amounts(memory: 250),
                    use: Amounts(memory: Double(random.below(500))))
            }
            let before = ladder.steps
            let pressure = random.oneIn(2) ? Self.stalled : Self.calm
            guard let move = ladder.step(pressure: pressure, candidates: candidates, at: time)
            else {
                try #require(ladder.steps == before)
                continue
            }
            if move.to < move.from {
                try #require(before.last?.name == move.name)
                try #require(ladder.steps == Array(before.dropLast()))
                continue
            }
            try #require(move.to.rawValue == move.from.rawValue + 1)
            let index = try #require(names.firstIndex(of: move.name))
            try #require(candidates[index].use[.memory] > guarantees[index])
            try #require(guarantees[index] == 0 || move.to == .squeezed)
            for other in names.indices where priorities[other].weight < priorities[index].weight {
                let rung = PreemptionLadder(steps: before).rung(of: names[other])
                let isWithin = candidates[other].use[.memory] <= guarantees[other]
                try #require(
                    isWithin || rung == .stopped || guarantees[other] > 0 && rung == .squeezed)
            }
        }
    }

    @Test(arguments: [
        // Its share, where that is near; a fifth at once; no less than is protected or than a shell needs.
        (900.0, 0.0, 900.0), (100, 0, 800), (2_000, 0, 1_000), (100, 950, 950), (100, 1_200, 1_200),
    ])
    func whoIsSqueezedKeepsItsShareAndLosesAFifthAtMost(
        share: Double, protected: Double, kept: Double
    ) {
        let mebibyte = Double(1 << 20)
        let memory = PreemptionLadder.squeezedMemory(
            use: 1_000 * mebibyte, share: share * mebibyte, protected: protected * mebibyte)
        #expect(memory == kept * mebibyte)
        #expect(
            PreemptionLadder.squeezedMemory(use: 10, share: 0, protected: 0) == 16 * mebibyte)
    }

    @Test func whoIsSqueezedWeighsAQuarterAndNeverNothing() {
        #expect(PreemptionLadder.squeezedWeight(200) == 50)
        #expect(PreemptionLadder.squeezedWeight(2) == 1)
    }
}
