import Ledger
import Plan
import Testing

private func decision(_ number: Int64, _ name: String = "shop") throws -> ScheduleRecord {
    ScheduleRecord(
        decision: number, at: 17, cause: "interval", strategy: "dynamic",
        project: try project(name), change: "cpu_weight 100 → 4200",
        reason: "it has all that it wants", outcome: "done")
}

private func sample(at: Int64) throws -> ScheduleSample {
    var sample = ScheduleSample(project: try project("shop"), at: at, milliseconds: 30_000)
    sample.cpu = 1_500
    sample.memory = 1 << 30
    sample.disk = 5
    sample.slots = 2
    sample.cpuStall = 10
    sample.memoryStall = 20
    sample.ioStall = 30
    sample.kills = 1
    return sample
}

struct ScheduleTests {
    @Test func decisionsAreReadBackTheNewestFirst() throws {
        let fixture = try Fixture()
        let first = try decision(1)
        let second = try decision(2, "mill")
        do {
            let ledger = try fixture.open()
            try ledger.transaction { changes throws(LedgerError) in
                try changes.append(first)
                try changes.append(second)
            }
        }
        let ledger = try fixture.open()
        #expect(try ledger.scheduleHistory(limit: 9) == [second, first])
        #expect(try ledger.scheduleHistory(of: first.project, limit: 9) == [first])
        #expect(try ledger.scheduleHistory(limit: 1) == [second])
    }

    @Test func everyDecisionHasANumberOfItsOwn() throws {
        let fixture = try Fixture()
        var numbers: [Int64] = []
        for _ in 0..<2 {
            let ledger = try fixture.open()
            numbers.append(
                try ledger.transaction { changes throws(LedgerError) in
                    try changes.nextDecision()
                })
        }
        #expect(numbers == [1, 2])
    }

    @Test func onlyTheLastDecisionsAreKept() throws {
        let ledger = try Fixture().open()
        let record = try decision(1)
        let count = Int(LedgerLimit.decisions) + 200
        try ledger.transaction { changes throws(LedgerError) in
            for _ in 0..<count { try changes.append(record) }
        }
        let kept = try ledger.scheduleHistory(limit: count).count
        #expect((Int(LedgerLimit.decisions)..<Int(LedgerLimit.decisions) + 64).contains(kept))
    }

    @Test func samplesAreReadBackWholeTheOldestFirst() throws {
        let fixture = try Fixture()
        let samples = [try sample(at: 1_000), try sample(at: 2_000)]
        do {
            let ledger = try fixture.open()
            try ledger.transaction { changes throws(LedgerError) in try changes.append(samples) }
        }
        #expect(try fixture.open().samples(limit: 9) == samples)
        #expect(try fixture.open().samples(limit: 1) == [samples[1]])
    }

    @Test func samplesOfLongAgoAreForgotten() throws {
        let ledger = try Fixture().open()
        let later = (LedgerLimit.samplesSeconds + 1) * 1_000_000_000
        let samples = [try sample(at: 0), try sample(at: 2_000_000_000), try sample(at: later)]
        try ledger.transaction { changes throws(LedgerError) in try changes.append(samples) }
        #expect(try ledger.samples(limit: 9) == Array(samples[1...]))
    }

    @Test func whatAnOperatorChoseOutlivesTheBoot() throws {
        let fixture = try Fixture()
        do {
            let ledger = try fixture.open()
            #expect(try ledger.choice("strategy") == nil)
            try ledger.transaction { changes throws(LedgerError) in
                try changes.choose("strategy", "dynamic")
            }
        }
        #expect(try fixture.open(boot: "other").choice("strategy") == "dynamic")
        let ledger = try fixture.open()
        try ledger.transaction { changes throws(LedgerError) in
            try changes.choose("strategy", nil)
        }
        #expect(try ledger.choice("strategy") == nil)
    }

    @Test func placesAndWhatWasTakenAreReadBack() throws {
        let fixture = try Fixture()
        var waiting = record("shop")
        waiting.admission = .asked(since: 99)
        var frozen = record("mill")
        frozen.admission = .admitted
        frozen.preemption = .frozen
        frozen.preemptionReason = "memory is short"
        var wanted = record("zoo")
        wanted.isAwake = true
        wanted.isSpared = true
        let saved = [frozen, waiting, wanted]
        do {
            let ledger = try fixture.open()
            try ledger.transaction { changes throws(LedgerError) in
                for record in saved { try changes.save(record) }
            }
        }
        #expect(try fixture.open().projects() == saved)
        // With the boot nobody has a place, and nothing is short of anything.
        let after = try fixture.open(boot: "other").projects()
        #expect(after.map(\.admission) == [.none, .none, .none])
        // Hours have nothing to do with boots.
        #expect(after.map(\.isAwake) == [false, false, true])
        #expect(after.map(\.isSpared) == [false, false, false])
    }

    private func record(_ name: String) -> ProjectRecord {
        ProjectRecord(
            name: try! project(name), phase: "active", reason: "", goal: .active, stage: .none,
            declared: .active, services: [])
    }
}
