import Testing

@testable import Observing

/// `#expect` takes no call that changes a value.
private final class Bench {
    private var limiter = RecordLimiter<String>(perUserMax: 2, totalMax: 5)
    /// What came with verdicts.
    private(set) var told: [UInt64] = []

    func admit(_ user: UInt32, _ subject: String = "stop", at now: Int64) -> Bool {
        let verdict = limiter.admit(user, subject, "\(user) \(subject)", at: now)
        told += verdict.rest.map(\.count)
        return verdict.isRecorded
    }

    func rest(at now: Int64) -> [RecordLimiter<String>.Rest] { limiter.takeRest(at: now) }
    func counts(at now: Int64) -> [UInt64] { rest(at: now).map(\.count) }
    func all() -> [UInt64] { limiter.takeAll().map(\.count) }
    var due: Int64? { limiter.due }
}

struct RecordLimiterTests {
    private let later = RecordLimiter<String>.interval

    @Test func ofOneUserSomeAreWrittenAndTheRestIsCounted() {
        let bench = Bench()
        let admitted = (0..<10).map { bench.admit(7, at: $0) }
        #expect(admitted.count { $0 } == 2)
        #expect(bench.admit(8, at: 9))
        #expect(bench.due == later && bench.rest(at: later - 1) == [])
        #expect(bench.counts(at: later) == [8])
        #expect(bench.rest(at: later) == [] && bench.due == nil)
        #expect(bench.admit(7, at: later + 1) && bench.told == [])
    }

    @Test func eachUserAndSubjectHasANumber() {
        let bench = Bench()
        for user: UInt32 in [7, 7, 8, 8, 9] { _ = bench.admit(user, at: 0) }
        for subject in ["stop", "start", "stop"] { _ = bench.admit(7, subject, at: 1) }
        _ = bench.admit(8, at: 1)
        let rest = bench.rest(at: later)
        #expect(rest.map(\.user) == [7, 7, 8] && rest.map(\.count) == [2, 1, 1])
        #expect(rest.map(\.subject) == ["stop", "start", "stop"])
        #expect(rest.map(\.text) == ["7 stop", "7 start", "8 stop"])
        #expect(rest.map(\.isOfSeveral) == [false, false, false])
    }

    @Test func ofManyUsersTogetherNoMoreAreWritten() {
        let bench = Bench()
        let admitted = (0..<100_000).map { bench.admit(UInt32($0), at: 1) }
        #expect(admitted.count { $0 } == 5)
        _ = bench.admit(3, "start", at: 1)
        let rest = bench.rest(at: later + 1)
        #expect(rest.map(\.count) == [1, 1, 1, 1, 1, 99_990, 1])
        #expect(rest.map(\.isOfSeveral) == [Bool](repeating: false, count: 5) + [true, true])
        #expect(rest[5].user == 99_999 && rest[6].subject == "start")
    }

    @Test func whatWasCountedIsToldBeforeWhatComesAfterItsInterval() {
        let bench = Bench()
        for _ in 0..<5 { _ = bench.admit(7, at: 0) }
        // Nobody asked at its end.
        #expect(bench.admit(7, at: later) && bench.told == [3])
        // Also under a flood that never ends.
        for moment in stride(from: later + 1_000, to: later * 5, by: 1_000) {
            _ = bench.admit(7, at: moment)
        }
        #expect(bench.told.count == 4 && bench.due == later * 5)
    }

    @Test func whatWasCountedIsNotLostWhereNobodyAsksAgain() {
        let bench = Bench()
        for _ in 0..<5 { _ = bench.admit(7, at: 0) }
        #expect(bench.all() == [3])
        #expect(bench.all() == [] && bench.due == nil && bench.rest(at: later) == [])
    }

    @Test func silenceIsNotTold() {
        let bench = Bench()
        #expect(bench.admit(7, at: 0) && bench.due == nil && bench.rest(at: later * 2) == [])
    }
}
