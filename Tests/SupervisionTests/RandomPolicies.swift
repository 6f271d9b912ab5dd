import Plan
import Supervision
import Testbed

/// Projects that depend on each other, with services of every kind.
struct RandomPolicies {
    let projects: [ProjectName]
    private let services: [WorkloadName]

    init(projects: Int = 5, services: Int = 3) throws {
        self.projects = try (0..<projects).map { try ProjectName("p\($0)") }
        self.services = try (0..<services).map { try WorkloadName("s\($0)") }
    }

    func configuration(_ random: inout Seeded) -> [ProjectPolicy] {
        var result: [ProjectPolicy] = []
        for (index, name) in projects.enumerated() where !random.oneIn(8) {
            let present = projects[..<index].filter { name in
                result.contains { $0.name == name }
            }
            result.append(project(name, dependencies: present, &random))
        }
        return result
    }

    /// Mostly like `old`, with one project or the other changed, added or taken away.
    func change(_ old: [ProjectPolicy], _ random: inout Seeded) -> [ProjectPolicy] {
        let fresh = configuration(&random)
        var result: [ProjectPolicy] = []
        for name in projects {
            let source = random.oneIn(3) ? fresh : old
            guard var policy = source.first(where: { $0.name == name }) else { continue }
            if random.oneIn(6) { policy.limits.pidsMax = UInt32(random.below(100) + 2) }
            if random.oneIn(10) {
                policy.status = random.pick([.active, .active, .paused, .maintenance, .archived])
            }
            policy.dependencies.removeAll { dependency in
                !result.contains { $0.name == dependency }
            }
            result.append(policy)
        }
        return result
    }

    private func project(
        _ name: ProjectName, dependencies: [ProjectName], _ random: inout Seeded
    ) -> ProjectPolicy {
        var policy = ProjectPolicy(name: name, path: "/srv/\(name)")
        policy.dependencies = dependencies.filter { _ in random.oneIn(3) }
        if random.oneIn(12) { policy.status = random.pick([.paused, .maintenance, .archived]) }
        for (index, service) in services.enumerated() where !random.oneIn(4) {
            let present = policy.services.map(\.name).filter { services[..<index].contains($0) }
            policy.services.append(
                self.service(service, after: present.filter { _ in random.oneIn(2) }, &random))
        }
        return policy
    }

    private func service(
        _ name: WorkloadName, after: [WorkloadName], _ random: inout Seeded
    ) -> ServicePolicy {
        var policy = ServicePolicy(name: name, command: ["/bin/\(name)", "\(random.below(4))"])
        policy.after = after
        policy.grace = Milliseconds(UInt64(random.pick([0, 100, 5_000])))
        policy.restart.condition = random.pick([
            .onFailure, .always, .onFailure, .always, .never, .onUnhealthy,
        ])
        policy.restart.delay = Milliseconds(UInt64(random.pick([0, 200, 1_000])))
        policy.restart.delayMax = Milliseconds(UInt64(random.pick([500, 8_000])))
        policy.restart.resetAfter = Milliseconds(10_000)
        policy.breaker.failures = UInt32(random.pick([0, 2, 3, 1_000_000_000]))
        policy.breaker.window = Milliseconds(30_000)
        policy.breaker.cooldown = Milliseconds(UInt64(random.pick([0, 20_000])))
        policy.breaker.proof = Milliseconds(2_000)
        if random.oneIn(4) { policy.health.startup = check(&random) }
        if random.oneIn(3) { policy.health.readiness = check(&random) }
        if random.oneIn(3) { policy.health.liveness = check(&random) }
        policy.health.notifiesReady = random.oneIn(4)
        policy.health.startTimeout = Milliseconds(5_000)
        if random.oneIn(5) { policy.health.watchdog = Milliseconds(3_000) }
        return policy
    }

    private func check(_ random: inout Seeded) -> HealthCheck {
        var check = HealthCheck(.tcp(port: UInt16(random.below(3)) + 80))
        check.interval = Milliseconds(UInt64(random.pick([0, 1_000, 2_500])))
        check.successThreshold = UInt32(random.pick([0, 1, 2]))
        check.failureThreshold = UInt32(random.pick([0, 1, 3]))
        check.startPeriod = Milliseconds(UInt64(random.pick([0, 4_000])))
        return check
    }
}
