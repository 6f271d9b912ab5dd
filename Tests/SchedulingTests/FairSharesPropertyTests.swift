import Scheduling
import Testbed
import Testing

/// What holds of every division, over random walks: at each step some claims change, and all that must hold
/// is looked at again. Together with `SchedulerPropertyTests` and `AdmissionPropertyTests` more than a
/// million steps.
@Suite struct FairSharesPropertyTests {
    /// What rounding may be off by, of what there is.
    static let epsilon = 1e-9
    static let capacity = Amounts(cpu: 8_000, memory: 65_536, disk: 50_000)
    static let divided = [Resource.cpu, .memory, .disk]

    @Test(arguments: 0..<10)
    func noDivisionIsMoreThanThereIsLessThanIsKeptOrLeavesAnythingOver(seed: Int) throws {
        var walk = Walk(UInt64(seed), guarantees: true)
        for step in 0..<40_000 {
            walk.step()
            let shares = walk.shares
            for resource in Self.divided {
                let all = Self.capacity[resource]
                let slack = Self.epsilon * all
                var sum = 0.0
                var whole = 0.0
                var wanted = 0.0
                for index in walk.claims.indices {
                    let amount = shares[index][resource]
                    let want = min(walk.demands[index][resource], walk.limits[index][resource])
                    sum += amount
                    whole += Double(Int(amount))
                    wanted += want
                    try #require(amount <= want + slack)
                    try #require(amount >= min(walk.guarantees[index][resource], want) - slack)
                }
                try #require(sum <= all + slack)
                try #require(sum >= min(wanted, all) - slack)
                try #require(whole <= all)
                try #require(whole >= 0.98 * min(wanted, all) - Double(walk.claims.count))
                let totals = shares.totals
                try #require(abs(totals.given[resource] - sum) <= slack)
                try #require(abs(totals.wanted[resource] - wanted) <= slack)
            }
            if step % 64 == 0 {
                let anew = FairShares(capacity: Self.capacity, claims: walk.claims)
                for index in walk.claims.indices {
                    for resource in Self.divided {
                        try #require(
                            abs(anew[index][resource] - shares[index][resource])
                                <= Self.epsilon * Self.capacity[resource])
                    }
                }
            }
        }
    }

    @Test(arguments: 0..<6)
    func withEqualWeightsAllHaveAnEqualPartOrAllTheyWantAndNobodyEnvies(seed: Int) throws {
        var walk = Walk(UInt64(100 + seed), weights: [1])
        for _ in 0..<30_000 {
            walk.step()
            let running = walk.claims.indices.filter { walk.claims[$0] != nil }
            for index in running {
                guard let claim = walk.claims[index] else { continue }
                for resource in Self.divided {
                    let part = Self.capacity[resource] / Double(running.count)
                    try #require(
                        walk.shares[index][resource] >= min(claim.want[resource], part)
                            * (1 - Self.epsilon))
                }
                for other in running {
                    try #require(!envies(claim, walk.shares[index], walk.shares[other], scale: 1))
                }
            }
        }
    }

    @Test(arguments: 0..<4)
    func nobodyEnviesWhoWeighsMoreForMoreThanThat(seed: Int) throws {
        var walk = Walk(UInt64(200 + seed))
        for _ in 0..<25_000 {
            walk.step()
            for (index, claim) in walk.claims.enumerated() {
                guard let claim else { continue }
                for (other, theirs) in walk.claims.enumerated() {
                    guard let theirs else { continue }
                    try #require(
                        !envies(
                            claim, walk.shares[index], walk.shares[other],
                            scale: claim.weight / theirs.weight))
                }
            }
        }
    }

    @Test(arguments: 0..<8)
    func weighingMoreNeverGivesLess(seed: Int) throws {
        var walk = Walk(UInt64(300 + seed), guarantees: true)
        var random = Seeded(UInt64(seed))
        for _ in 0..<25_000 {
            walk.step()
            let index = random.below(walk.claims.count)
            guard let claim = walk.claims[index] else { continue }
            var raised = walk.shares
            raised.set(index, claim.with(weight: claim.weight * Double(2 + random.below(7))))
            for resource in Self.divided {
                try #require(
                    raised[index][resource]
                        >= walk.shares[index][resource] - Self.epsilon * Self.capacity[resource])
            }
        }
    }

    @Test(arguments: 0..<8)
    func overstatingWhatOneWantsGainsNothing(seed: Int) throws {
        var walk = Walk(UInt64(400 + seed), guarantees: true)
        var random = Seeded(UInt64(seed))
        for _ in 0..<25_000 {
            walk.step()
            let index = random.below(walk.claims.count)
            guard let claim = walk.claims[index] else { continue }
            var told = claim.want
            for resource in Self.divided where random.oneIn(2) {
                told[resource] *= 1 + Double(random.below(1_000)) / 100
            }
            var lied = walk.shares
            lied.set(index, claim.with(want: told, guarantee: walk.guarantees[index]))
            for resource in Self.divided {
                try #require(
                    min(lied[index][resource], claim.want[resource])
                        <= walk.shares[index][resource] + Self.epsilon * Self.capacity[resource])
            }
        }
    }

    /// Whether somebody would have more of something it wants, and no less of anything, with what another has.
    private func envies(
        _ claim: Claim, _ own: Amounts, _ others: Amounts, scale: Double
    ) -> Bool {
        var isMore = false
        for resource in Self.divided where claim.want[resource] > 0 {
            let slack = Self.epsilon * Self.capacity[resource]
            let useful = min(claim.want[resource], others[resource] * scale)
            if useful < own[resource] - slack { return false }
            if useful > own[resource] + slack { isMore = true }
        }
        return isMore
    }
}

extension Claim {
    func with(weight: Double) -> Claim {
        Claim(weight: weight, guarantee: floor, limit: want, demand: want)
    }

    func with(want: Amounts, guarantee: Amounts) -> Claim {
        Claim(weight: weight, guarantee: guarantee, limit: want, demand: want)
    }
}

/// Some projects whose claims change at random.
struct Walk {
    private(set) var claims: [Claim?]
    /// What they are made of; nothing where there is none.
    private(set) var guarantees: [Amounts]
    private(set) var limits: [Amounts]
    private(set) var demands: [Amounts]
    private(set) var shares: FairShares
    private var random: Seeded
    private let weights: [Double]
    private let hasGuarantees: Bool

    init(_ seed: UInt64, weights: [Double] = [1, 2, 4, 8, 0.25], guarantees: Bool = false) {
        random = Seeded(seed)
        self.weights = weights
        hasGuarantees = guarantees
        let count = 2 + random.below(5)
        claims = Array(repeating: nil, count: count)
        self.guarantees = Array(repeating: .zero, count: count)
        limits = self.guarantees
        demands = self.guarantees
        shares = FairShares(capacity: FairSharesPropertyTests.capacity, claims: claims)
        for index in claims.indices { change(index) }
    }

    /// Changes one claim, and now and then some at once.
    mutating func step() {
        var indices = [random.below(claims.count)]
        if random.oneIn(8) { indices += [random.below(claims.count), random.below(claims.count)] }
        for index in indices { draw(index) }
        shares.set(indices.map { FairShares.Change($0, claims[$0]) })
    }

    private mutating func change(_ index: Int) {
        draw(index)
        shares.set(index, claims[index])
    }

    private mutating func draw(_ index: Int) {
        if random.oneIn(10) {
            claims[index] = nil
            (guarantees[index], limits[index], demands[index]) = (.zero, .zero, .zero)
            return
        }
        var guarantee = Amounts.zero
        var limit = Amounts.zero
        var demand = Amounts.zero
        for resource in FairSharesPropertyTests.divided {
            let all = FairSharesPropertyTests.capacity[resource]
            if hasGuarantees, random.oneIn(3) {
                // All together are never more than there is.
                guarantee[resource] = all / Double(claims.count) * Double(random.below(101)) / 100
            }
            limit[resource] = random.oneIn(4) ? all : Double(random.below(Int(all)))
            demand[resource] =
                random.oneIn(6) ? 0 : random.oneIn(3) ? all * 2 : Double(random.below(Int(all)))
        }
        (guarantees[index], limits[index], demands[index]) = (guarantee, limit, demand)
        claims[index] = Claim(
            weight: random.pick(weights), guarantee: guarantee, limit: limit, demand: demand)
    }
}
