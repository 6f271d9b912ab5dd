internal import Plan

/// A project's policy as a flat list of values, so that two can be compared value by value.
struct PolicyFields {
    struct Field {
        let key: String
        /// Exactly what it is.
        let value: [String]
        /// What people see; nil: only that it changed.
        let shown: String?
        let need: ProjectChange.Need
        /// The service that it belongs to.
        var service: WorkloadName?
        /// It stands for all of that service.
        var isWhole: Bool { service.map { key == "services.\($0)" } ?? false }
    }

    private(set) var fields: [Field] = []

    init(_ policy: ProjectPolicy, _ details: ProjectDetails) {
        let everyService = ProjectChange.Need.services(policy.services.map(\.name).sorted())
        show("name", policy.title, .live)
        show("path", policy.path, .sandbox)
        show("priority", policy.priority.rawValue, .live)
        show("status", policy.status.rawValue, .live)
        show("dependencies", list(policy.dependencies.map(\.text)), .live)
        add(policy.limits, "limits", .live)
        show("limits.allow_unlimited", "\(policy.allowUnlimited)", .live)
        show("user", "\(policy.identity.user):\(policy.identity.group)", .sandbox)
        show("capabilities", list(policy.capabilities), .sandbox)
        show("seccomp", policy.seccompProfile, .sandbox)
        show("network", policy.network.rawValue, .sandbox)
        hide("mounts", policy.mounts.flatMap(Self.words), .sandbox)
        show("root", policy.root ?? "none", .sandbox)
        show("storage", policy.storage.rawValue, .sandbox)
        show("volume_kind", policy.volumeKind?.rawValue ?? "auto", .sandbox)
        hide(policy.environment, "environment", everyService)
        for secret in policy.secrets.sorted(by: { $0.name < $1.name }) {
            show("secrets.\(secret.name)", secret.path, .sandbox)
        }
        show("log_rate.lines_per_second", "\(policy.logRate.linesPerSecond)", .live)
        show("log_rate.burst", "\(policy.logRate.burst)", .live)
        for service in policy.services.sorted(by: { $0.name < $1.name }) { add(service) }
        for task in policy.tasks.sorted(by: { $0.name < $1.name }) { add(task) }
        add(details)
    }

    // MARK: Kinds of fields

    private mutating func show(
        _ key: String, _ value: String, _ need: ProjectChange.Need,
        _ service: WorkloadName? = nil
    ) {
        fields.append(
            Field(key: key, value: [value], shown: value, need: need, service: service))
    }

    private mutating func hide(
        _ key: String, _ value: [String], _ need: ProjectChange.Need,
        _ service: WorkloadName? = nil
    ) {
        fields.append(Field(key: key, value: value, shown: nil, need: need, service: service))
    }

    private mutating func hide(
        _ variables: [EnvironmentVariable], _ key: String, _ need: ProjectChange.Need,
        _ service: WorkloadName? = nil
    ) {
        for variable in variables.sorted(by: {
            $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        }) {
            hide("\(key).\(variable.name)", [variable.value], need, service)
        }
    }

    // MARK: Parts

    private mutating func add(
        _ limits: Limits, _ key: String, _ need: ProjectChange.Need,
        _ service: WorkloadName? = nil
    ) {
        for name in LimitName.words
        where name != .logRate && (service == nil || name.isForWorkloads) {
            let value = limits[name]
            let standard =
                switch name {
                case .cpuWeight, .ioWeight: "100"
                default: name.canBeUnlimited ? "max" : "none"
                }
            // What is said of a size is short; what is compared is exact.
            var shown = value?.text ?? standard
            if case .bytes(let bytes)? = value { shown = "\(bytes)" }
            fields.append(
                Field(
                    key: "\(key).\(name)", value: [value?.text ?? standard], shown: shown,
                    need: need, service: service))
            // Its size can be changed, but nobody can be moved into one.
            if name == .tmp || name == .shm {
                show("\(key).\(name) of its own", value == nil ? "no" : "yes", .sandbox, service)
            }
        }
        for limit in limits.hugePages {
            show("\(key).hugetlb.\(limit.size)", limit.max.exactText, need, service)
        }
        hide("\(key).io", limits.io.flatMap(Self.words), need, service)
    }

    private mutating func add(_ service: ServicePolicy) {
        let name = service.name
        let key = "services.\(name)"
        let again = ProjectChange.Need.services([name])
        // That it is there.
        hide(key, [], .live, name)
        hide("\(key).command", service.command, again, name)
        show("\(key).user", Self.text(service.identity), again, name)
        hide(service.environment, "\(key).environment", again, name)
        show(
            "\(key).working_directory", service.workingDirectory ?? "the project's", again, name)
        add(service.limits, "\(key).limits", .live, name)
        show("\(key).after", list(service.after.map(\.text)), .live, name)
        show("\(key).stop_signal", Self.signal(service.stopSignal), .live, name)
        show("\(key).grace", "\(service.grace)", .live, name)
        let restart = service.restart
        show("\(key).restart.condition", restart.condition.rawValue, .live, name)
        show("\(key).restart.delay", "\(restart.delay)", .live, name)
        show("\(key).restart.delay_max", "\(restart.delayMax)", .live, name)
        show("\(key).restart.jitter", "\(restart.jitterPercent)%", .live, name)
        show("\(key).restart.reset_after", "\(restart.resetAfter)", .live, name)
        let breaker = service.breaker
        show(
            "\(key).breaker.failures", breaker.failures == 0 ? "off" : "\(breaker.failures)",
            .live, name)
        show("\(key).breaker.window", "\(breaker.window)", .live, name)
        show("\(key).breaker.cooldown", "\(breaker.cooldown)", .live, name)
        show("\(key).breaker.proof", "\(breaker.proof)", .live, name)
        for purpose in HealthCheck.Purpose.allCases {
            let check = service.health.check(purpose)
            hide(
                "\(key).health.\(purpose.rawValue)", check.map(Self.words) ?? [], .live, name)
        }
        show("\(key).health.notify", "\(service.health.notifiesReady)", again, name)
        show(
            "\(key).health.watchdog", service.health.watchdog.map { "\($0)" } ?? "none", again,
            name)
        show("\(key).health.start_timeout", "\(service.health.startTimeout)", .live, name)
        show("\(key).terminal", "\(service.terminal)", again, name)
    }

    private mutating func add(_ task: TaskPolicy) {
        let words =
            task.command + ["", Self.text(task.identity), task.workingDirectory ?? ""]
            + task.environment.map(\.assignment) + Self.words(task.limits)
            + ["\(task.timeLimit?.count ?? 0)"]
        hide("tasks.\(task.name)", words, .live)
    }

    private mutating func add(_ details: ProjectDetails) {
        func text<Value>(_ value: Value?) -> String { value.map { "\($0)" } ?? "none" }
        let agents = details.resourceLimits
        show("resource_limits.max_parallel_agents", text(agents.maxParallelAgents), .live)
        show("resource_limits.max_parallel_cycles", text(agents.maxParallelCycles), .nothing)
        let ai = details.aiSettings
        show("ai_settings.auto_approve_low_risk", text(ai.autoApproveLowRisk), .nothing)
        show("ai_settings.require_human_review", text(ai.requireHumanReview), .nothing)
        show("ai_settings.max_auto_retry", text(ai.maxAutoRetry), .nothing)
        show("ai_settings.context_sharing_enabled", text(ai.contextSharingEnabled), .nothing)
        let hours = details.workHours
        show("work_hours.timezone", text(hours.timezone), .live)
        show("work_hours.start", text(hours.start), .live)
        show("work_hours.end", text(hours.end), .live)
        show("work_hours.days", list(hours.days), .live)
        show("work_hours.outside", hours.outside?.rawValue ?? "less", .live)
        show("discord_channel", text(details.discordChannel), .nothing)
        show("slack_channel", text(details.slackChannel), .nothing)
        show("team", list(details.team), .nothing)
    }
}
