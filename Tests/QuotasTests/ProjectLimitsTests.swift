import Plan
import Quotas
import Testing

@Suite struct ProjectLimitsTests {
    private func policy() throws -> ProjectPolicy {
        var policy = ProjectPolicy(name: try ProjectName("shop"), path: "/srv/shop")
        policy.limits.memoryMax = .mebibytes(256)
        policy.services = [
            ServicePolicy(name: try WorkloadName("web"), command: ["/bin/true"]),
            ServicePolicy(name: try WorkloadName("db"), command: ["/bin/true"]),
        ]
        return policy
    }

    private func row(
        _ workload: String?, _ name: LimitName, _ value: LimitValue, _ via: QuotaOverride.Via
    ) throws -> QuotaOverride {
        QuotaOverride(
            QuotaTarget(
                try ProjectName("shop"), try workload.map { text in try WorkloadName(text) }),
            name, value, actor: 0, via: via, reason: "", at: 0)
    }

    @Test func aProjectsOwnLimitsAreThoseOfItsPolicy() throws {
        let policy = try policy()
        let overrides = Overrides([
            try row(nil, .cpuWeight, .count(77), .scheduler),
            try row(nil, .memory, .bytes(.mebibytes(128)), .set),
            try row("web", .pids, .count(5), .set),
        ])
        #expect(overrides.limits(of: policy) == overrides.effective(policy).limits)
        #expect(overrides.limits(of: policy).cpuWeight == 77)
        let settled = overrides.limits(of: policy, without: .scheduler)
        #expect(settled == overrides.effective(policy, without: .scheduler).limits)
        #expect(settled.cpuWeight == nil && settled.memoryMax == .mebibytes(128))
        #expect(Overrides().limits(of: policy) == policy.limits)
    }

    @Test func aWorkloadsLimitsAreItsOwn() throws {
        let policy = try policy()
        let effective = Overrides([try row("web", .pids, .count(5), .set)]).effective(policy)
        #expect(effective.services.map(\.limits.pidsMax) == [5, policy.services[1].limits.pidsMax])
        #expect(effective.limits == policy.limits)
    }
}
