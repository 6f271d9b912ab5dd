import Scheduling
import Testbed
import Testing

@Suite struct FairSharesTests {
    /// The example of Ghodsi et al., section 4.1: 9 processors and 18 GB, one's tasks take 1 and 4, the
    /// other's 3 and 1. Their dominant shares are both two thirds, and nobody has less than the paper says.
    @Test func theExampleOfThePaperComesOut() {
        let shares = FairShares(
            capacity: Amounts(cpu: 9, memory: 18),
            claims: [(1.0, 4.0), (3.0, 1.0)].map { cpu, memory in
                let task = Amounts(cpu: cpu, memory: memory)
                let all = Amounts(cpu: cpu * 1_000, memory: memory * 1_000)
                return Claim(
                    weight: 1, guarantee: .zero, limit: all, demand: all, proportions: task)
            }, filling: .together)
        #expect(abs(shares[0][.cpu] - 3) < 1e-9)
        #expect(abs(shares[1][.cpu] - 6) < 1e-9)
        // 12 and 2 are of use with those processors; the 4 that are left are divided as well.
        #expect(shares[0][.memory] >= 12)
        #expect(shares[1][.memory] >= 2)
        #expect(abs(shares[0][.memory] + shares[1][.memory] - 18) < 1e-9)
    }

    @Test func aGuaranteeIsKeptAndTheRestIsDividedByWeight() {
        let all = Amounts(cpu: 1_000)
        let shares = FairShares(
            capacity: all,
            claims: [
                Claim(weight: 1, guarantee: Amounts(cpu: 600), limit: all, demand: all),
                Claim(weight: 3, guarantee: .zero, limit: all, demand: all),
                Claim(weight: 1, guarantee: .zero, limit: all, demand: all),
            ])
        #expect(abs(shares[0][.cpu] - 600) < 1e-9)
        #expect(abs(shares[1][.cpu] - 300) < 1e-9)
        #expect(abs(shares[2][.cpu] - 100) < 1e-9)
    }

    @Test func guaranteesAboveTheMachineAreKeptInPart() {
        let all = Amounts(cpu: 1_000, memory: 1_000)
        let claim = Claim(
            weight: 1, guarantee: Amounts(cpu: 800), limit: all, demand: all)
        let shares = FairShares(capacity: all, claims: [claim, claim])
        #expect(abs(shares[0][.cpu] - 500) < 1e-9)
        #expect(abs(shares[1][.cpu] - 500) < 1e-9)
        #expect(abs(shares[1][.memory] - 500) < 1e-9)
    }

    @Test func guaranteesThatAreTheWholeMachineLeaveNothingToDivide() {
        let all = Amounts(cpu: 1_000)
        let claim = Claim(weight: 1, guarantee: Amounts(cpu: 500), limit: all, demand: all)
        let shares = FairShares(
            capacity: all,
            claims: [claim, claim, Claim(weight: 8, guarantee: .zero, limit: all, demand: all)])
        #expect(shares[0][.cpu] == 500)
        #expect(shares[1][.cpu] == 500)
        #expect(shares[2][.cpu] < 1e-9)
    }

    /// So many that blocks of breakpoints are split, emptied and made again.
    @Test(arguments: [FairShares.Filling.apart, .together])
    func changingOneOfThousandsIsTheSameAsDividingAnew(filling: FairShares.Filling) {
        var random = Seeded(7)
        let count = 3_000
        let machine = Amounts(cpu: 500 * Double(count), memory: 900 * Double(count))
        func claim() -> Claim? {
            if random.oneIn(20) { return nil }
            // Many are alike, so that their breakpoints are at the same levels.
            let demand = Amounts(
                cpu: Double(random.below(20)) * 100, memory: Double(random.below(3)) * 1_000)
            return Claim(
                weight: random.pick([1, 2, 4, 8]),
                guarantee: Amounts(cpu: Double(random.below(5)) * 50), limit: demand,
                demand: demand)
        }
        var claims = (0..<count).map { _ in claim() }
        var shares = FairShares(capacity: machine, claims: claims, filling: filling)
        for step in 1...4_000 {
            // At times all that are in one part of the list go.
            let index = step % 1_000 < 500 ? random.below(count) : step % 500
            claims[index] = step % 1_000 < 900 ? claim() : nil
            shares.set(index, claims[index])
            if step % 250 != 0 { continue }
            let anew = FairShares(capacity: machine, claims: claims, filling: filling)
            for each in claims.indices {
                for resource in [Resource.cpu, .memory] {
                    let difference = abs(anew[each][resource] - shares[each][resource])
                    #expect(difference < 1e-6)
                }
            }
        }
    }

    @Test func projectsCanBeAddedOneByOne() {
        let all = Amounts(cpu: 1_000)
        var shares = FairShares(capacity: all)
        for index in 0..<1_000 {
            shares.set(index, Claim(weight: 1, guarantee: .zero, limit: all, demand: all))
        }
        #expect(shares.count == 1_000)
        #expect(abs(shares[999][.cpu] - 1) < 1e-9)
        for index in 0..<999 { shares.set(index, nil) }
        #expect(shares[999][.cpu] == 1_000)
        #expect(shares[0] == .zero)
    }
}
