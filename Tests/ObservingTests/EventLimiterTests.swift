import Plan
import Testing

@testable import Observing

/// `#expect` takes no call that changes a value.
private final class Bench {
    private var limiter = EventLimiter()

    func admit(_ key: EventLimiter.Key, _ text: String, count: UInt64 = 1, at now: Int64) -> Bool {
        limiter.admit(key, text, count: count, at: now)
    }
    func takeDue(at now: Int64) -> [EventLimiter.Rest] { limiter.takeDue(at: now) }
    func forget(_ project: ProjectName) -> [EventLimiter.Rest] { limiter.forget(project) }
    func forgetAll() -> [EventLimiter.Rest] { limiter.forgetAll() }
    var due: Int64? { limiter.due }
    func takeDropped() -> UInt64 { limiter.takeDropped() }
}

struct EventLimiterTests {
    private let second: Int64 = 1_000_000

    private func key(_ kind: LimitKind = .pidsMax, _ workload: String? = "web") throws
        -> EventLimiter.Key
    {
        EventLimiter.Key(
            try ProjectName("shop"), try workload.map { try WorkloadName($0) }, kind)
    }

    @Test func theFirstIsToldAndTheRestIsCountedForTenSeconds() throws {
        let limiter = Bench()
        let key = try key()
        #expect(limiter.admit(key, "one", at: 0))
        for number in 0..<12 { #expect(!limiter.admit(key, "\(number)", at: second)) }
        #expect(limiter.due == 10 * second)
        #expect(limiter.takeDue(at: 10 * second - 1) == [])
        let rests = limiter.takeDue(at: 10 * second)
        #expect(rests.map(\.count) == [12] && rests.map(\.text) == ["11"])
    }

    @Test func aFloodIsALineAnInterval() throws {
        let limiter = Bench()
        let key = try key()
        var lines = 0
        for moment in 0..<Int64(100_000) {
            let now = moment * second / 1_000
            if limiter.admit(key, "x", at: now) { lines += 1 }
            lines += limiter.takeDue(at: now).count
        }
        #expect(lines == 10)
    }

    @Test func afterAQuietIntervalTheNextIsToldAtOnce() throws {
        let limiter = Bench()
        let key = try key()
        #expect(limiter.admit(key, "one", at: 0))
        #expect(limiter.takeDue(at: 10 * second) == [])
        #expect(limiter.due == nil)
        #expect(limiter.admit(key, "two", at: 10 * second))
    }

    @Test func kindsAndWorkloadsAreCountedEachByItself() throws {
        let limiter = Bench()
        for kind in LimitKind.allCases {
            #expect(limiter.admit(try key(kind), "", at: 0))
            #expect(limiter.admit(try key(kind, nil), "", at: 0))
            #expect(limiter.admit(try key(kind, "db"), "", at: 0))
            #expect(!limiter.admit(try key(kind, "db"), "", count: 5, at: 0))
        }
        #expect(limiter.takeDue(at: 10 * second).map(\.count) == LimitKind.allCases.map { _ in 5 })
    }

    @Test func whatIsForgottenIsToldFirst() throws {
        let limiter = Bench()
        let (shop, blog) = (try ProjectName("shop"), try ProjectName("blog"))
        for project in [shop, blog] {
            for (kind, count) in [(LimitKind.pidsMax, 4), (.memoryOOM, 1)] {
                for number in 0..<count {
                    _ = limiter.admit(
                        EventLimiter.Key(project, nil, kind), "\(number)", at: second)
                }
            }
        }
        let rests = limiter.forget(shop)
        #expect(rests.map(\.key) == [EventLimiter.Key(shop, nil, .pidsMax)])
        #expect(rests.map(\.count) == [3] && rests.map(\.text) == ["3"])
        #expect(limiter.forget(shop) == [])
        #expect(limiter.forgetAll().map(\.key.project) == [blog])
        #expect(limiter.due == nil)
    }

    @Test func whatIsCountedHasABoundAndWhatIsBeyondItIsCountedTogether() throws {
        let limiter = Bench()
        for number in 0..<EventLimiter.keysMax {
            #expect(limiter.admit(try key(.cpuThrottled, "w\(number)"), "", at: 0))
        }
        #expect(!limiter.admit(try key(.cpuThrottled, "one-more"), "", at: 0))
        #expect(limiter.takeDropped() == 1)
        #expect(limiter.takeDropped() == 0)
        #expect(limiter.forget(try ProjectName("shop")) == [])
        #expect(limiter.due == nil)
        #expect(limiter.admit(try key(.cpuThrottled, "one-more"), "", at: 0))
    }
}
