import Plan
import Quotas
import Testing

private func target(_ text: String) throws -> QuotaTarget {
    let parts = text.split(separator: "/")
    return QuotaTarget(
        try ProjectName(String(parts[0])),
        try parts.dropFirst().first.map { try WorkloadName(String($0)) })
}

private func change(_ at: String, _ name: String, _ value: String) throws -> QuotaRequest.Change {
    let target = try target(at)
    return try QuotaRequest.Change(
        project: target.project.text, workload: target.workload?.text, name: name, value: value)
}

private func policy(_ name: String, memory: Bytes = .gibibytes(1)) throws -> ProjectPolicy {
    var policy = ProjectPolicy(name: try ProjectName(name), path: "/srv/\(name)")
    policy.limits = Limits(memoryMax: memory, pidsMax: 200)
    var service = ServicePolicy(name: try WorkloadName("web"), command: ["/bin/true"])
    service.limits.memoryMax = .mebibytes(256)
    policy.services = [service]
    return policy
}

private func ground(_ overrides: [QuotaOverride] = []) throws -> QuotaGround {
    QuotaGround(
        policies: [try policy("shop"), try policy("api"), try policy("db")],
        overrides: Overrides(overrides), memory: .gibibytes(8),
        processors: CPUBandwidth(millicores: 4_000), live: [try ProjectName("shop")])
}

private func override(
    _ at: String, _ name: LimitName, _ value: LimitValue, until: Int64? = nil,
    beneath: LimitValue? = nil
) throws -> QuotaOverride {
    QuotaOverride(
        try target(at), name, value, until: until, beneath: beneath, actor: 0, via: .set,
        reason: "", at: 1)
}

struct QuotaPlanTests {
    @Test func stepsTellWhatIsWhatWillBeAndHow() throws {
        let plan = try QuotaPlan(
            QuotaRequest([
                change("shop", "memory", "2G"), change("shop/web", "memory", "128M"),
                change("api", "pids", "50"), change("db", "memory", "1G"),
            ]), on: ground())
        let steps = plan.steps.map { "\($0.target) \($0.name) \($0.from) \($0.to) \($0.manner)" }
        #expect(
            steps == [
                "shop memory 1G 2G grows", "shop/web memory 256M 128M shrinks",
                "api pids 200 50 at once: processes that are there stay, above it forks fail",
                "db memory 1G 1G stays",
            ])
        #expect(plan.projects.map(\.text) == ["api", "db", "shop"])
    }

    @Test func untilItIsDecidedTheLowerOfBothHolds() throws {
        let plan = try QuotaPlan(
            QuotaRequest([
                change("shop", "memory", "2G"), change("shop/web", "memory", "128M"),
                change("shop", "pids", "max"),
            ]), on: ground())
        let floor = try #require(plan.floor(of: try ProjectName("shop")))
        #expect(floor.limits.memoryMax == .gibibytes(1))
        #expect(floor.limits.pidsMax == 200)
        #expect(floor.services[0].limits.memoryMax == .mebibytes(128))
        #expect(plan.after[try ProjectName("shop")]?.limits.pidsMax == nil)
    }

    @Test func whatIsMovedIsConserved() throws {
        let request = try QuotaRequest([
            change("shop", "memory", "-512M"), change("api", "memory", "+512M"),
        ])
        #expect(request.via == .move)
        let plan = try QuotaPlan(request, on: ground())
        let sum = plan.after.values.reduce(0) { $0 + ($1.limits.memoryMax?.count ?? 0) }
        #expect(sum == 2 << 30)
    }

    @Test func relativeChangesStartFromWhatHoldsAndNotFromWhatIsConfigured() throws {
        let row = try override("shop", .memory, .bytes(.gibibytes(3)))
        let plan = try QuotaPlan(
            QuotaRequest([change("shop", "memory", "+1G")]), on: ground([row]))
        #expect(plan.steps[0].from == "3G")
        #expect(plan.steps[0].to == "4G")
    }

    @Test func defaultIsTheConfigurationsValueAndLeavesNoOverride() throws {
        let row = try override("shop", .memory, .bytes(.gibibytes(3)))
        let ground = try ground([row])
        let plan = try QuotaPlan(QuotaRequest([change("shop", "memory", "default")]), on: ground)
        #expect(plan.steps[0].to == "1G")
        let kept = plan.overrides(over: ground.overrides, actor: 7, now: 5, at: 6)
        #expect(kept.saved == [])
        #expect(kept.removed == plan.steps)
    }

    @Test func whatLastsForAWhileRemembersWhatStoodBefore() throws {
        let row = try override("shop", .memory, .bytes(.gibibytes(3)))
        let ground = try ground([row])
        let plan = try QuotaPlan(
            QuotaRequest([change("shop", "memory", "2G")], lasting: Milliseconds(60_000)),
            on: ground)
        let kept = plan.overrides(over: ground.overrides, actor: 7, now: 5, at: 6)
        #expect(kept.saved.map(\.until) == [60_000_005])
        #expect(kept.saved.map(\.beneath) == [.bytes(.gibibytes(3))])
        #expect(plan.records(transaction: 3, actor: 7, now: 5, at: 6).map(\.until) == [60_000_005])
    }

    @Test func oneThatCannotBeRefusesThemAll() throws {
        let request = try QuotaRequest([
            change("api", "memory", "2G"), change("shop/web", "memory", "4G"),
        ])
        let error = #expect(throws: QuotaRefusal.self) { try QuotaPlan(request, on: ground()) }
        #expect(error?.message == "shop/web memory: 4G is above the project's 1G")
        #expect(error?.hint == "lower it, or raise the project's in the same change")
    }

    @Test func aProjectIsNotLoweredBelowItsWorkloadUnlessBothAre() throws {
        let lone = try QuotaRequest([change("shop", "memory", "128M")])
        let error = #expect(throws: QuotaRefusal.self) { try QuotaPlan(lone, on: ground()) }
        #expect(error?.message == "shop/web memory: 256M is above the project's 128M")
        let both = try QuotaRequest([
            change("shop", "memory", "128M"), change("shop/web", "memory", "64M"),
        ])
        #expect(try QuotaPlan(both, on: ground()).steps.count == 2)
    }

    @Test(arguments: [
        ("shop", "memory_min", "5G", "shop memory_min: 5G is above memory, 1G"),
        ("shop", "memory_high", "2G", "shop memory_high: 2G is above memory, 1G"),
        ("shop", "disk", "1G", "shop disk: its storage cannot enforce it"),
        ("shop", "tmp", "64M", "shop tmp: its size is decided when the project starts"),
        ("shop/web", "log_rate", "10", "shop/web log_rate: is the whole project's"),
        ("nowhere", "memory", "1G", "there is no project 'nowhere'"),
        ("shop/nobody", "memory", "1G", "shop has no service or task 'nobody'"),
        (
            "shop", "memory", "-1G",
            "shop memory '-1G': makes 0 of 1G, which is too little, at least 1M"
        ),
        ("shop", "memory", "-2G", "shop memory '-2G': leads out of what there is from 1G"),
        (
            "shop", "memory", "+9223372036854775807",
            "shop memory '+8191.99P': makes 9223372036854775807 of 1G, which is 8 EiB or more"
        ),
    ])
    func whatCannotBeIsSaidInOneLine(
        at: String, name: String, value: String, message: String
    ) throws {
        let request = try QuotaRequest([change(at, name, value)])
        let error = #expect(throws: QuotaRefusal.self) { try QuotaPlan(request, on: ground()) }
        if name == "memory", value.hasPrefix("+") {
            #expect(error?.message.contains("8 EiB") ?? false)
        } else {
            #expect(error?.message == message)
        }
        #expect(error?.hint != nil || value.hasPrefix("-") || value.hasPrefix("+"))
    }

    @Test func guaranteesOfAllTogetherStayBelowTheMachine() throws {
        var ground = try ground()
        for name in ["shop", "api", "db"] {
            let project = try ProjectName(name)
            ground.policies[project]?.limits.memoryMax = .gibibytes(4)
            ground.policies[project]?.limits.memoryMin = .gibibytes(2)
        }
        let request = try QuotaRequest([change("shop", "memory_min", "4G")])
        #expect(try QuotaPlan(request, on: ground).steps.count == 1)
        ground.memory = .gibibytes(7)
        let error = #expect(throws: QuotaRefusal.self) { try QuotaPlan(request, on: ground) }
        #expect(
            error?.message
                == "shop memory_min: with it 8G are guaranteed, and this machine has 7G")
    }

    @Test func aDiskLimitBelowUseNamesWhatTakesTheRoom() throws {
        var ground = try ground()
        ground.storage[try ProjectName("shop")] = QuotaGround.Storage(
            used: .gibibytes(3), inodesUsed: 10, largest: ["cache 2G", "log 1G"])
        let request = try QuotaRequest([change("shop", "disk", "2G")])
        let error = #expect(throws: QuotaRefusal.self) { try QuotaPlan(request, on: ground) }
        #expect(
            error?.message == "shop disk: 2G is below the 3G in use, most of it in cache 2G, log 1G"
        )
        #expect(
            try QuotaPlan(QuotaRequest([change("shop", "disk", "4G")]), on: ground).steps.count == 1
        )
    }

    @Test func aRequestIsRefusedBeforeAnybodyLooksAtProjects() throws {
        #expect(throws: InvalidValue.self) { try QuotaRequest([]) }
        let one = try change("shop", "memory", "1G")
        #expect(throws: InvalidValue.self) { try QuotaRequest([one, one]) }
        #expect(throws: InvalidValue.self) {
            try QuotaRequest([one], lasting: Milliseconds(5_000), isPersistent: true)
        }
        #expect(throws: InvalidValue.self) { try QuotaRequest([one], lasting: Milliseconds(1)) }
        #expect(throws: InvalidValue.self) { try QuotaRequest([one], budget: Milliseconds(1)) }
    }
}

struct OverridesTests {
    @Test func theyTakeThePlaceOfWhatIsConfigured() throws {
        let rows = [
            try override("shop", .memory, .bytes(.gibibytes(3))),
            try override("shop/web", .memory, .unlimited),
        ]
        let effective = Overrides(rows).effective(try policy("shop"))
        #expect(effective.limits.memoryMax == .gibibytes(3))
        #expect(effective.limits.pidsMax == 200)
        #expect(effective.services[0].limits.memoryMax == nil)
    }

    @Test func thoseWhoseTimeIsOverAreFound() throws {
        let rows = [
            try override("shop", .memory, .bytes(.gibibytes(3)), until: 10),
            try override("shop", .pids, .count(7), until: 20),
            try override("api", .pids, .count(7)),
        ]
        var overrides = Overrides(rows)
        #expect(overrides.nextEnd == 10)
        #expect(overrides.over(at: 9) == [])
        #expect(overrides.over(at: 10) == [rows[0]])
        overrides.remove(rows[0].target, .memory)
        #expect(overrides.nextEnd == 20)
        overrides.forget(rows[1].target.project)
        #expect(overrides.nextEnd == nil)
        #expect(overrides.projects.map(\.text) == ["api"])
    }

    // MARK: The scheduler's

    @Test func whatTheSchedulerMovesIsItsOwn() throws {
        var request = try QuotaRequest([change("shop", "cpu_weight", "4000")])
        request.isScheduled = true
        let plan = try QuotaPlan(request, on: ground())
        let rows = plan.overrides(over: Overrides(), actor: 0, now: 0, at: 0).saved
        #expect(rows.map(\.via) == [.scheduler])
        #expect(plan.records(transaction: 1, actor: 0, now: 0, at: 0).map(\.via) == [.scheduler])
        let policy = try #require(try ground().policies[try ProjectName("shop")])
        let overrides = Overrides(rows)
        #expect(overrides.effective(policy).limits.cpuWeight == 4_000)
        #expect(
            overrides.effective(policy, without: .scheduler).limits.cpuWeight
                == policy.limits.cpuWeight)
        #expect(overrides.all(via: .scheduler) == rows)
        #expect(overrides.all(via: .set).isEmpty)
    }

    @Test func whatAPersonSetsForAWhileIsTheSchedulersAgainAfterIt() throws {
        var request = try QuotaRequest([change("shop", "cpu_weight", "4000")])
        request.isScheduled = true
        let standing = Overrides(
            try QuotaPlan(request, on: ground()).overrides(
                over: Overrides(), actor: 0, now: 0, at: 0
            ).saved)
        let person = try QuotaPlan(
            QuotaRequest([change("shop", "cpu_weight", "10")], lasting: Milliseconds(5_000)),
            on: ground())
        let row = person.overrides(over: standing, actor: 1_000, now: 0, at: 0).saved.first
        #expect(row?.via == .set)
        // Nothing stands beneath it that nobody would move any more.
        #expect(row?.beneath == nil)
    }
}
