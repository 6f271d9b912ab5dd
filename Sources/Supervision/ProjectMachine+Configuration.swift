import Plan

extension ProjectMachine {
    /// A project that was not there before.
    init(_ policy: ProjectPolicy, goal: Goal? = nil, isGated: Bool) {
        self.policy = policy
        self.isGated = isGated
        self.goal = goal ?? Goal(policy.status)
        services = Self.sorted(policy.services).map { ServiceMachine($0, of: policy.name) }
    }

    /// Another policy is in force for it.
    mutating func configure(_ new: ProjectPolicy, _ turn: inout Turn) {
        let old = policy
        if goal == .removed {
            goal = Goal(new.status)
            leaving = .configured
        } else if new.status != old.status {
            // Only a change is a wish; what an operator did since the last one stays.
            goal = Goal(new.status)
            leaving = .configured
            launches.reset()
            if case .delayed = sandbox { sandbox = .none }
        }
        if new == old { return }
        policy = new
        configureServices(new.services, isRespawn: new.environment != old.environment, &turn)
        if new.needsAnotherSandbox(than: old) {
            leaving = .configured
            replaceSandbox(&turn)
        } else if new.limitsDiffer(from: old) {
            switch sandbox {
            case .up: turn.deeds.append(.updateLimits(name))
            // One that is being made may have been given the old ones already.
            case .launching:
                leaving = .configured
                replaceSandbox(&turn)
            case .none, .delayed, .draining, .ending: break
            }
        }
    }

    /// - Parameter isRespawn: whether something changed that every run is given as it starts.
    private mutating func configureServices(
        _ policies: [ServicePolicy], isRespawn: Bool, _ turn: inout Turn
    ) {
        var before: [WorkloadName: ServiceMachine] = [:]
        for service in services { before[service.policy.name] = service }
        var next: [ServiceMachine] = []
        for policy in Self.sorted(policies) {
            var service =
                before.removeValue(forKey: policy.name) ?? ServiceMachine(policy, of: name)
            service.configure(policy, isRespawn: isRespawn, &turn)
            next.append(service)
        }
        // In the order they had, so that the same events always lead to the same effects.
        for service in services {
            guard var leaving = before[service.policy.name], leaving.state.run != nil else {
                continue
            }
            leaving.isLeaving = true
            next.append(leaving)
        }
        services = next
    }

    private static func sorted(_ policies: [ServicePolicy]) -> [ServicePolicy] {
        var byName: [WorkloadName: ServicePolicy] = [:]
        for policy in policies { byName[policy.name] = policy }
        return ordered(byName.keys.sorted()) { byName[$0]?.after ?? [] }.compactMap { byName[$0] }
    }
}

extension ServiceMachine {
    mutating func configure(_ new: ServicePolicy, isRespawn: Bool, _ turn: inout Turn) {
        let isAnother = isRespawn || isLeaving || new.needsAnotherRun(than: policy)
        isLeaving = false
        if isAnother {
            // With the old signal and grace: those are what the run knows.
            stop(
                .asked, StopOrder(.configuration, "its configuration changed"), &turn)
            breaker = .closed(failures: [])
            backoff.reset()
            switch state {
            case .ended, .backingOff, .parked: state = .off
            case .off, .waiting, .starting, .running, .stopping: break
            }
        }
        let old = policy
        policy = new
        if new.breaker.failures == 0, old.breaker.failures != 0 {
            breaker = .closed(failures: [])
            if case .parked = state { state = .off }
        }
        if case .running(let run, var monitor, let since) = state {
            monitor.replace(policy: new.health, at: turn.now)
            state = .running(run, monitor, since: since)
        }
    }
}

extension StopOrder {
    /// By a change of the configuration.
    static let configured = StopOrder(.configuration, "its project's configuration changed")
}

extension ProjectRecord.Goal {
    init(_ status: DeclaredStatus) {
        switch status {
        case .initializing, .active: self = .active
        case .paused: self = .paused
        case .maintenance: self = .maintenance
        case .archived: self = .archived
        }
    }
}
