import Testing

@testable import Observing

/// `#expect` takes no call that changes a value.
private final class Bench {
    private var limiter = RecordLimiter(perUserMax: 2, totalMax: 5)

    func admit(_ user: UInt32, at now: Int64) -> Bool { limiter.admit(user, "\(user)", at: now) }
    func rest(at now: Int64) -> UInt64? { limiter.takeRest(at: now)?.count }
    var due: Int64? { limiter.due }
}

struct RecordLimiterTests {
    private let later = RecordLimiter.interval

    @Test func ofOneUserSomeAreWrittenAndTheRestIsCounted() {
        let bench = Bench()
        #expect((0..<10).map { bench.admit(7, at: $0) }.count { $0 } == 2)
        #expect(bench.admit(8, at: 9))
        #expect(bench.due == later && bench.rest(at: later - 1) == nil)
        #expect(bench.rest(at: later) == 8 && bench.rest(at: later) == nil && bench.due == nil)
        #expect(bench.admit(7, at: later + 1))
    }

    @Test func ofManyUsersTogetherNoMoreAreWritten() {
        let bench = Bench()
        #expect((0..<100_000).map { bench.admit(UInt32($0), at: 1) }.count { $0 } == 5)
        #expect(bench.rest(at: later + 1) == 99_995)
    }

    @Test func whatWasCountedIsNotForgottenByWhatComesAfterItsInterval() {
        let bench = Bench()
        for _ in 0..<5 { _ = bench.admit(7, at: 0) }
        // Nobody asked at its end.
        for _ in 0..<5 { _ = bench.admit(7, at: later * 3) }
        #expect(bench.rest(at: later * 4) == 6)
    }

    @Test func silenceIsNotTold() {
        let bench = Bench()
        #expect(bench.admit(7, at: 0) && bench.due == nil && bench.rest(at: later * 2) == nil)
    }
}
