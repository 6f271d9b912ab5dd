import Plan
import Quotas
import Testbed
import Testing

private let mebibyte: UInt64 = 1 << 20

struct SqueezeTests {
    @Test func aTargetAboveUseIsWrittenWhileEverythingStandsStill() {
        var cgroup = ModelledCgroup(cache: 10 * mebibyte, held: 20 * mebibyte, max: 512 * mebibyte)
        let (outcome, actions) = run(&cgroup, to: 100 * mebibyte)
        #expect(outcome == .fits)
        #expect(actions.first == .freeze)
        #expect(actions.suffix(3) == [.commit, .thaw, .end(.fits)])
        #expect(cgroup.max == 100 * mebibyte)
        #expect(!cgroup.isFrozen)
    }

    @Test func whatIsHeldIsRefusedAtOnceWithNumbersAndNothingTouched() {
        var cgroup = ModelledCgroup(cache: 10 * mebibyte, held: 200 * mebibyte, max: 512 * mebibyte)
        let (outcome, actions) = run(&cgroup, to: 100 * mebibyte)
        let shortage = Shortage(
            cause: .unreclaimable, target: .mebibytes(100), inUse: .mebibytes(210),
            reclaimable: .mebibytes(10), wouldFit: .mebibytes(213))
        #expect(outcome == .refused(shortage))
        #expect(actions == [.end(.refused(shortage))])
        #expect(shortage.text == "100M is too little: 210M are in use, 10M could be taken away")
    }

    @Test func whatWouldFitDoesAndLessDoesNot() {
        let cgroup = ModelledCgroup(cache: 10 * mebibyte, held: 200 * mebibyte, max: 512 * mebibyte)
        var first = cgroup
        let (refused, _) = run(&first, to: 208 * mebibyte)
        guard case .refused(let shortage) = refused else {
            Issue.record("it was not refused")
            return
        }
        #expect(shortage.cause == .unreclaimable)
        var second = cgroup
        let (done, _) = run(&second, to: shortage.wouldFit.count)
        #expect(done == .fits)
        // Above use, it is what somebody wants.
        var third = ModelledCgroup(cache: 0, held: 200 * mebibyte, max: 512 * mebibyte)
        #expect(run(&third, to: 201 * mebibyte).0 == .fits)
    }

    @Test func cachedFilesAreTakenInPiecesAndTheTargetIsReached() {
        var cgroup = ModelledCgroup(cache: 300 * mebibyte, held: 50 * mebibyte, max: 512 * mebibyte)
        let (outcome, actions) = run(&cgroup, to: 100 * mebibyte)
        #expect(outcome == .fits)
        #expect(cgroup.max == 100 * mebibyte)
        #expect(cgroup.high == .max)
        let pieces = actions.compactMap { action -> UInt64? in
            if case .reclaim(let bytes) = action { bytes.count } else { nil }
        }
        #expect(pieces.reduce(0, +) >= 250 * mebibyte)
        #expect(pieces.allSatisfy { $0 <= 16 * mebibyte })
    }

    @Test func withoutMemoryReclaimTheHighMarkTakesIt() {
        var cgroup = ModelledCgroup(cache: 300 * mebibyte, held: 50 * mebibyte, max: 512 * mebibyte)
        let (outcome, actions) = run(&cgroup, to: 100 * mebibyte, canReclaim: false)
        #expect(outcome == .fits)
        #expect(cgroup.high == .max)
        #expect(!actions.contains { if case .reclaim = $0 { true } else { false } })
    }

    @Test func theHighMarkThatWasThereComesBack() {
        var cgroup = ModelledCgroup(cache: 300 * mebibyte, held: 50 * mebibyte, max: 512 * mebibyte)
        let (outcome, _) = run(&cgroup, to: 100 * mebibyte, high: 400 * mebibyte)
        #expect(outcome == .fits)
        #expect(cgroup.high == 400 * mebibyte)
    }

    @Test func aRefusalOfTheKernelIsRolledBack() {
        var cgroup = ModelledCgroup(cache: 0, held: 50 * mebibyte, max: 512 * mebibyte)
        var squeeze = Squeeze(
            to: .mebibytes(100), highBefore: nil, canReclaim: true, budget: 1_000_000)
        var outcome: Squeeze.Outcome?
        while outcome == nil {
            let action = squeeze.next(cgroup.measured)
            if case .end(let found) = action { outcome = found }
            if action == .commit { squeeze.commitFailed() } else { cgroup.perform(action) }
        }
        guard case .refused(let shortage) = outcome else {
            Issue.record("it was not refused")
            return
        }
        #expect(shortage.cause == .kernel)
        #expect(!cgroup.isFrozen)
    }

    @Test func whatNeverStandsStillIsThawedAndRefusedWhenTheTimeIsOver() {
        var cgroup = ModelledCgroup(cache: 0, held: 50 * mebibyte, max: 512 * mebibyte)
        cgroup.freezesAfter = nil
        let start = cgroup.now
        let (outcome, actions) = run(&cgroup, to: 100 * mebibyte, budget: 1_000_000)
        guard case .refused(let shortage) = outcome else {
            Issue.record("it was not refused")
            return
        }
        #expect(shortage.cause == .budget)
        #expect(shortage.wouldFit == .mebibytes(100))
        #expect(!actions.contains(.commit))
        #expect(cgroup.now - start < 1_300_000)
    }

    @Test func processesThatNeedWhatTheyUseAreLeftAlone() {
        var cgroup = ModelledCgroup(cache: 300 * mebibyte, held: 50 * mebibyte, max: 512 * mebibyte)
        cgroup.yield = 1
        cgroup.stallPercent = 90
        let (outcome, _) = run(&cgroup, to: 100 * mebibyte, budget: 500_000)
        guard case .refused(let shortage) = outcome else {
            Issue.record("it was not refused")
            return
        }
        #expect(shortage.cause == .pressure)
        #expect(cgroup.max == 512 * mebibyte)
        #expect(cgroup.high == .max)
    }

    /// Whatever the processes and the kernel do.
    @Test(arguments: 0..<40)
    func itNeverKillsAlwaysEndsInTimeAndLeavesNothingBehind(seed: UInt64) {
        for round in 0..<250 {
            var random = Seeded(seed &* 1_000_003 &+ UInt64(round))
            func number(_ most: UInt64) -> UInt64 { UInt64.random(in: 0...most, using: &random) }
            let limit = number(900) * mebibyte + 100 * mebibyte
            let held = number(limit / mebibyte) * mebibyte
            var cgroup = ModelledCgroup(
                cache: number((limit - held) / mebibyte) * mebibyte, held: held, max: limit)
            cgroup.cacheGrowth = number(3) == 0 ? number(400) : 0
            cgroup.heldGrowth = number(3) == 0 ? number(200) : 0
            cgroup.yield = number(120)
            cgroup.stallPercent = number(2) == 0 ? number(100) : 0
            cgroup.freezesAfter = number(9) == 0 ? nil : Int64(number(300_000))
            let target = (number(limit / mebibyte) + 1) * mebibyte + number(4_095)
            let budget = Int64(number(3_000_000))
            let high = number(1) == 0 ? nil : Optional(number(limit))
            let start = cgroup.now
            let (outcome, actions) = run(
                &cgroup, to: target, high: high, canReclaim: number(3) > 0, budget: budget)
            #expect(!cgroup.isKilled)
            #expect(!cgroup.isFrozen)
            #expect(cgroup.high == high ?? .max)
            // What was begun before the end of the time takes a little longer.
            #expect(cgroup.now - start <= budget + 50_000)
            #expect(cgroup.max == (outcome == .fits ? target : limit))
            #expect(actions.count < 10_000)
        }
    }
}
