import Plan

/// What the limits of one project have to do with each other.
enum LimitRules {
    struct Broken: Hashable {
        var message: String
        var hint: String
    }

    /// All that does not agree, in an order that is always the same.
    static func broken(by policy: ProjectPolicy) -> [Broken] {
        let all = policy.limits
        var found: [Broken] = []
        func compare(
            _ target: QuotaTarget, _ name: LimitName, _ limits: Limits, above other: Limits,
            _ bound: LimitName, _ whose: String, _ hint: String
        ) {
            guard let value = limits[name], let most = other[bound],
                let mine = value.number, let theirs = most.number, mine > theirs
            else { return }
            found.append(
                Broken(
                    message: "\(target) \(name): \(value) is above \(whose) \(most)", hint: hint))
        }
        let own = QuotaTarget(policy.name)
        let below = "keep it below, or change both at once"
        compare(own, .memoryHigh, all, above: all, .memory, "memory,", below)
        let guarantee = "what is guaranteed is never more than what is allowed"
        compare(own, .memoryMin, all, above: all, .memory, "memory,", guarantee)
        compare(own, .memoryLow, all, above: all, .memory, "memory,", guarantee)
        compare(own, .cpuMin, all, above: all, .cpu, "cpu,", guarantee)
        let workloads =
            policy.services.map { ($0.name, $0.limits) } + policy.tasks.map { ($0.name, $0.limits) }
        for (name, limits) in workloads {
            let target = QuotaTarget(policy.name, name)
            let lower = "lower it, or raise the project's in the same change"
            for limit in [LimitName.memory, .cpu, .pids] {
                compare(target, limit, limits, above: all, limit, "the project's", lower)
            }
            compare(target, .memoryHigh, limits, above: all, .memory, "the project's", lower)
            compare(target, .memoryHigh, limits, above: limits, .memory, "memory,", below)
            compare(target, .memoryMin, limits, above: limits, .memory, "memory,", guarantee)
        }
        return found
    }
}
