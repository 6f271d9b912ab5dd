import Testing

@testable import Simulation

@Suite struct CurveTests {
    private func values(_ shape: Curve.Shape, at times: [Int64], weekMinute: Int = 0) -> [Double] {
        let curve = Curve(shape)
        var walker = CurveWalker(curve, seed: 1, stream: 1)
        return times.map { walker.amount(curve, at: $0, weekMinute: weekMinute) }
    }

    @Test func aStepHappensAtItsTimeAndARampIsEven() {
        #expect(
            values(.step(before: 1, after: 5, at: 100), at: [0, 99, 100, 200]) == [1, 1, 5, 5])
        #expect(
            values(.ramp(before: 0, after: 10, at: 100, over: 100), at: [0, 100, 150, 200, 300])
                == [0, 0, 5, 10, 10])
    }

    @Test func aSpikeComesAgainAndAgain() {
        let shape = Curve.Shape.spike(base: 1, peak: 9, every: 100, lasts: 10)
        #expect(values(shape, at: [0, 9, 10, 99, 100, 110]) == [9, 9, 1, 1, 9, 1])
    }

    @Test func aDayIsOnlyOnTheDaysThatHaveOne() {
        let hour: Int64 = 3_600_000
        let shape = Curve.Shape.diurnal(
            night: 1, day: 3, from: 9 * 60, to: 17 * 60, days: 0b001_1111, rise: 2 * hour)
        #expect(
            values(shape, at: [0, 8 * hour, 9 * hour, 10 * hour, 12 * hour]) == [1, 1, 2, 3, 3])
        // Saturday, and Monday after it.
        let saturday = 5 * 1_440
        #expect(
            values(shape, at: [12 * hour, 60 * hour], weekMinute: saturday) == [1, 3])
    }

    @Test func aWalkStaysWithinItsEndsAndMoves() {
        let seen = values(
            .walk(least: 10, most: 20, step: 4, every: 10),
            at: (0..<5_000).map { Int64($0) * 10 })
        #expect(seen.allSatisfy { (10...20).contains($0) })
        #expect(Set(seen).count > 1_000)
    }

    @Test func aChainIsBusyForTheShareOfTimeThatItsMeansSay() {
        let seen = values(
            .bursty(idle: 0, busy: 1, idleFor: 3_000, busyFor: 1_000),
            at: (0..<400_000).map { Int64($0) * 100 })
        let share = seen.reduce(0, +) / Double(seen.count)
        #expect(abs(share - 0.25) < 0.01)
    }

    @Test func aRecordHoldsUntilTheNextSample() {
        let shape = Curve.Shape.recorded([
            Curve.Sample(time: 10, amount: 1), Curve.Sample(time: 20, amount: 2),
        ])
        #expect(values(shape, at: [0, 10, 19, 20, 99]) == [1, 1, 1, 2, 2])
    }

    @Test func noiseAndVariationStayWithinTheirShares() {
        let curve = Curve(.constant(100), noise: 0.1, variation: 0.5)
        var all: [Double] = []
        for stream in 0..<200 as Range<UInt64> {
            var walker = CurveWalker(curve, seed: 3, stream: stream)
            all += (0..<20).map { walker.amount(curve, at: $0, weekMinute: 0) }
        }
        #expect(all.allSatisfy { $0 <= curve.most && $0 >= 45 })
        #expect(all.contains { $0 > 140 } && all.contains { $0 < 60 })
    }

    @Test func chanceIsEvenAndItsExponentialHasItsMean() {
        var random = SeededRandom(5)
        var sum = 0.0
        var waits = 0.0
        for _ in 0..<200_000 {
            let unit = random.unit()
            #expect(unit >= 0 && unit < 1)
            sum += unit
            waits += random.exponential(mean: 7)
        }
        #expect(abs(sum / 200_000 - 0.5) < 0.005)
        #expect(abs(waits / 200_000 - 7) < 0.1)
    }

    @Test func theLogarithmIsTheOneOfTheTables() {
        #expect(naturalLogarithm(1) == 0)
        #expect(abs(naturalLogarithm(2) - 0.693147180559945) < 1e-14)
        #expect(abs(naturalLogarithm(10) - 2.302585092994046) < 1e-14)
        #expect(abs(naturalLogarithm(1e-9) + 20.72326583694641) < 1e-12)
    }

    @Test func whatHappensAtTheSameTimeHappensInTheOrderInWhichItWasPutIn() {
        var queue = EventQueue<Int>()
        var random = SeededRandom(9)
        let times = (0..<2_000).map { _ in random.below(50) }
        for (index, time) in times.enumerated() { queue.add(index, at: time) }
        var seen: [(Int64, Int)] = []
        while let (time, index) = queue.next(until: 40) { seen.append((time, index)) }
        let expected = times.enumerated().filter { $0.element <= 40 }
            .sorted { ($0.element, $0.offset) < ($1.element, $1.offset) }
        #expect(seen.map(\.1) == expected.map(\.offset))
        #expect(queue.nextTime ?? 0 > 40)
    }

    @Test func processorTimeGoesByWeightAndWhatOneLeavesGoesToTheOthers() {
        var got = [0.0, 0, 0]
        divideCPU(100, wants: [10, 20, 30], weights: [1, 1, 1], into: &got)
        #expect(got == [10, 20, 30])
        divideCPU(100, wants: [100, 100, 100], weights: [1, 1, 2], into: &got)
        #expect(got == [25, 25, 50])
        divideCPU(100, wants: [10, 100, 100], weights: [1, 1, 2], into: &got)
        #expect(got == [10, 30, 60])
    }
}
