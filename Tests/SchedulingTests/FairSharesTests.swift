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
}
