import Testing

@testable import Control

struct LogBucketTests {
    @Test func aFullBucketGivesItsBurstAndThenItsRate() throws {
        let bucket = try Tap(linesPerSecond: 10, burst: 3)
        #expect(bucket.taken(0) == 3)
        #expect(bucket.taken(99_999) == 0)
        #expect(bucket.taken(100_000) == 1)
        #expect(bucket.taken(350_000) == 2)
        // A half token waits for its other half.
        #expect(bucket.taken(400_000) == 1)
    }

    @Test func itNeverHoldsMoreThanItsBurst() throws {
        let bucket = try Tap(linesPerSecond: 1_000_000, burst: 5)
        #expect(bucket.taken(.max) == 5)
        #expect(bucket.taken(.max) == 0)
    }

    @Test func aClockThatStandsStillOrGoesBackGivesNothing() throws {
        let bucket = try Tap(linesPerSecond: 1_000, burst: 1, at: 5_000_000)
        #expect(bucket.taken(5_000_000) == 1)
        #expect(bucket.taken(5_000_000) == 0)
        #expect(bucket.taken(1) == 0)
        #expect(bucket.taken(5_000_999) == 0)
        #expect(bucket.taken(5_001_000) == 1)
    }

    @Test func asManyLinesGetThroughAsTheRateSaysHoweverOftenTheyAreTried() throws {
        for step in [UInt64(1), 333, 10_000, 70_001] {
            let bucket = try Tap(linesPerSecond: 300, burst: 100)
            var count = 0
            for moment in stride(from: UInt64(0), to: 2_000_000, by: UInt64.Stride(step)) {
                count += bucket.taken(moment)
            }
            let last = 1_999_999 / step * step
            #expect(count == 100 + Int(last * 300 / 1_000_000))
        }
    }

    @Test func anotherBudgetGivesNobodyTokens() throws {
        let small = try #require(LogBudget(linesPerSecond: 1, burst: 2))
        let large = try #require(LogBudget(linesPerSecond: 1, burst: 1_000))
        let bucket = Tap(large)
        bucket.bucket.change(to: small, at: 0)
        #expect(bucket.taken(0) == 2)
        bucket.bucket.change(to: large, at: 0)
        #expect(bucket.taken(0) == 0)
        // What came before the change came at the old rate.
        let fast = try #require(LogBudget(linesPerSecond: 1_000, burst: 1_000))
        bucket.bucket.change(to: fast, at: 3_000_000)
        #expect(bucket.taken(3_000_000) == 3)
    }
}

/// A bucket that is emptied each time.
private final class Tap {
    var bucket: LogBucket

    init(_ budget: LogBudget, at now: UInt64 = 0) { bucket = LogBucket(budget, at: now) }

    convenience init(linesPerSecond: UInt32, burst: UInt32, at now: UInt64 = 0) throws {
        let budget = LogBudget(linesPerSecond: linesPerSecond, burst: burst)
        self.init(try #require(budget), at: now)
    }

    func taken(_ now: UInt64) -> Int {
        var count = 0
        while bucket.take(at: now) { count += 1 }
        return count
    }
}
