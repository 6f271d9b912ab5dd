import Testing

@testable import Tracing

@Suite struct DenialAccountTests {
    private func denial(
        _ call: Int32, _ count: UInt64, in cgroup: UInt64 = 1,
        _ source: Denial.Source = .profile
    ) -> Denial {
        var denial = Denial(key(call, in: cgroup), count: count, pid: 7, command: "gdb")
        denial.source = source
        return denial
    }

    private func key(_ call: Int32, in cgroup: UInt64 = 1) -> Denial.Key {
        .init(cgroup: cgroup, call: call, action: 0x50001)
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
                == [.more(.init(cgroup: 1, count: 1_000, calls: 1, mostly: denial(101, 1_003)))])
        #expect(account.take([denial(101, 1_003)], at: 130_000_000) == [])
    }

    @Test func whoTriesAllCallsIsToldOfSixteenAndASumThatNamesTheRest() {
        var account = DenialAccount()
        let all = (0..<100).map { denial($0, UInt64($0) + 1) }
        #expect(account.take(all, at: 0).count == 16)
        let (last, keys) = account.end(1)
        #expect(
            last == [
                .more(
                    .init(
                        cgroup: 1, count: (17...100).reduce(0, +), calls: 84,
                        mostly: denial(99, 100), new: (16..<100).map { key($0) }))
            ])
        #expect(keys.count == 100)
        #expect(account.known.isEmpty)
    }

    @Test func sixteenHarmlessCallsHideNoneThatComeLater() {
        var account = DenialAccount()
        let harmless = (0..<16).map { denial($0, 1) }
        #expect(account.take(harmless, at: 0).count == 16)
        // Within the minute it is in the sum, by name.
        #expect(account.take(harmless + [denial(321, 1)], at: 1_000_000) == [])
        #expect(
            account.take(harmless + [denial(321, 1)], at: 60_000_000)
                == [
                    .more(
                        .init(
                            cgroup: 1, count: 1, calls: 1, mostly: denial(321, 1),
                            new: [key(321)]))
                ])
        // After it, at once.
        #expect(
            account.take(harmless + [denial(321, 1), denial(165, 1)], at: 61_000_000)
                == [.first(denial(165, 1))])
    }

    @Test func filtersOfItsOwnTakeNothingFromWhatIsToldOfTheProfile() {
        var account = DenialAccount()
        let forged = (200..<300).map { denial($0, 1, .ownFilter) }
        #expect(account.take(forged, at: 0) == [.first(forged[0])])
        #expect(
            account.take(forged + [denial(101, 1)], at: 1) == [.first(denial(101, 1))])
        let (last, keys) = account.end(1)
        guard case .more(let sum)? = last.first, last.count == 1 else {
            Issue.record("\(last)")
            return
        }
        #expect(sum.count == 99 && sum.mostly.source == .ownFilter)
        #expect(sum.new == (201..<300).map { key($0) })
        #expect(keys.count == 101)
    }

    @Test func whatAKernelMayNotHaveIsInSumsOfItsOwn() {
        var account = DenialAccount()
        let missing = (400..<440).map { denial($0, 1, .missing) }
        #expect(account.take(missing, at: 0).count == 16)
        #expect(account.take(missing + [denial(101, 1)], at: 1) == [.first(denial(101, 1))])
        let sums = account.take(missing + [denial(101, 2)], at: 60_000_001)
        #expect(sums.count == 2)
        #expect(sums.contains(.more(.init(cgroup: 1, count: 1, calls: 1, mostly: denial(101, 2)))))
        // All of them are forgotten with their run.
        #expect(account.end(1).1.count == 41)
    }

    @Test func theEndOfARunSaysWhatWasNotToldAndNothingTwice() {
        var account = DenialAccount()
        _ = account.take([denial(101, 1), denial(101, 4, in: 2)], at: 0)
        #expect(account.end(1).0.isEmpty)
        #expect(account.known == [2])
        _ = account.take([denial(101, 6, in: 2)], at: 1)
        #expect(
            account.end(2).0
                == [.more(.init(cgroup: 2, count: 2, calls: 1, mostly: denial(101, 6, in: 2)))])
        #expect(account.end(2).0.isEmpty)
    }

    @Test func whatIsLeftAtTheEndIsToldOfAllAndOnce() {
        var account = DenialAccount()
        let calls = (0..<20).map { denial($0, $0 == 18 ? 3 : 1, in: 2) }
        let before = [denial(101, 1), denial(300, 5, .ownFilter)]
        #expect(account.take(calls + before, at: 0).count == 18)
        _ = account.take(calls + [denial(101, 1), denial(300, 9, .ownFilter)], at: 1)
        let own = denial(300, 9, .ownFilter)
        #expect(
            account.rest(at: 2) == [
                .more(.init(cgroup: 1, count: 4, calls: 1, mostly: own)),
                .more(
                    .init(
                        cgroup: 2, count: 6, calls: 4, mostly: calls[18],
                        new: (16..<20).map { key($0, in: 2) })),
            ])
        #expect(account.rest(at: 3).isEmpty)
    }
}
