import Testing

@testable import Tracing

@Suite struct DenialAccountTests {
    private func denial(_ call: Int32, _ count: UInt64, in cgroup: UInt64 = 1) -> Denial {
        Denial(
            .init(cgroup: cgroup, call: call, action: 0x50001), count: count, pid: 7,
            command: "gdb")
    }

    @Test func theFirstOfEachCallIsToldAtOnceAndOnce() {
        var account = DenialAccount()
        #expect(account.take([denial(101, 3)], at: 0) == [.first(denial(101, 3))])
        #expect(account.take([denial(101, 9)], at: 1_000_000) == [])
        #expect(
            account.take([denial(101, 9), denial(169, 1)], at: 2_000_000)
                == [.first(denial(169, 1))])
    }

    @Test func whatFollowsIsASumAMinute() {
        var account = DenialAccount()
        _ = account.take([denial(101, 3)], at: 0)
        _ = account.take([denial(101, 500)], at: 59_999_999)
        #expect(
            account.take([denial(101, 1_003)], at: 60_000_000)
                == [.more(cgroup: 1, count: 1_000, calls: 1, mostly: denial(101, 1_003))])
        #expect(account.take([denial(101, 1_003)], at: 130_000_000) == [])
    }

    @Test func whoTriesAllCallsIsToldOfSixteenAndASum() {
        var account = DenialAccount()
        let all = (0..<100).map { denial($0, UInt64($0) + 1) }
        #expect(account.take(all, at: 0).count == DenialAccount.firstsMax)
        let (last, keys) = account.end(1)
        guard case .more(1, let count, 84, let mostly) = last else {
            Issue.record("\(String(describing: last))")
            return
        }
        #expect(count == (17...100).reduce(0, +))
        #expect(mostly.key.call == 99)
        #expect(keys.count == 100)
        #expect(account.known.isEmpty)
    }

    @Test func theEndOfARunSaysWhatWasNotToldAndNothingTwice() {
        var account = DenialAccount()
        _ = account.take([denial(101, 1), denial(101, 4, in: 2)], at: 0)
        #expect(account.end(1).0 == nil)
        #expect(account.known == [2])
        _ = account.take([denial(101, 6, in: 2)], at: 1)
        #expect(
            account.end(2).0
                == .more(cgroup: 2, count: 2, calls: 1, mostly: denial(101, 6, in: 2)))
        #expect(account.end(2).0 == nil)
    }
}
