import Plan

extension ProjectMachine {
    /// Does what goal and sandbox ask for, now that something has changed.
    ///
    /// - Parameters:
    ///   - unready: dependencies that are not ready.
    ///   - holdsOn: whether projects that depend on it are still on their way out.
    mutating func settle(unready: [ProjectName], holdsOn: Bool, _ turn: inout Turn) {
        leaveOrEnter(unready: unready, &turn)
        settleServices(holdsOn: holdsOn, &turn)
        services.removeAll { $0.isLeaving && $0.state.run == nil }
        if case .draining(let since) = sandbox, !holdsOn, !awaitsAdoption,
            services.allSatisfy({ $0.state.run == nil })
        {
            sandbox = .ending(since: since)
            turn.deeds.append(.endSandbox(name))
        }
        for index in services.indices { services[index].settle(&turn) }
        announce(&turn)
    }

    private mutating func leaveOrEnter(unready: [ProjectName], _ turn: inout Turn) {
        waitReason = ""
        switch sandbox {
        case .delayed:
            switch goal {
            case .active, .maintenance:
                if turn.isClosing || preemption == .stopped { sandbox = .none }
            case .paused, .stopped, .archived, .removed:
                launches.reset()
                sandbox = .none
            }
        case .none:
            enter(unready: unready, &turn)
        case .up(let since, let isFrozen):
            if !wantsSandbox(turn) {
                replaceSandbox(&turn)
            } else if isFrozen != shallBeFrozen {
                sandbox = .up(since: since, isFrozen: !isFrozen)
                if isFrozen { thaw(&turn) } else { freeze(&turn) }
            }
        case .launching, .draining, .ending: break
        }
    }

    /// It has no sandbox: asks for a place where one is needed, then launches, or gives its place back.
    private mutating func enter(unready: [ProjectName], _ turn: inout Turn) {
        // Who was preempted keeps its place: nobody shall come in its stead while there is too little.
        if turn.isClosing || preemption == .stopped { return }
        switch goal {
        case .active, .maintenance:
            if !unready.isEmpty {
                waitReason = "waits for \(list(unready.map(\.text), "and"))"
                // Those that it waits for may need the place.
                admission = .none
            } else if mayLaunch(&turn) {
                sandbox = .launching(isStale: false)
                turn.deeds.append(.launchSandbox(name))
            } else {
                waitReason = "waits for room on the machine"
            }
        case .paused, .stopped, .archived, .removed: admission = .none
        }
    }

    // MARK: Services

    private mutating func settleServices(holdsOn: Bool, _ turn: inout Turn) {
        switch sandbox {
        case .up(since: _, isFrozen: true): break
        case .up(since: _, isFrozen: false):
            switch goal {
            case .active: startServices(&turn)
            case .maintenance, .paused, .stopped, .archived, .removed:
                stopServices(isEnd: false, &turn)
            }
        case .draining: if !holdsOn { stopServices(isEnd: true, &turn) }
        case .none, .delayed, .launching, .ending:
            for index in services.indices { services[index].unwant() }
        }
    }

    private mutating func startServices(_ turn: inout Turn) {
        for index in services.indices {
            if services[index].isLeaving {
                services[index].stop(
                    .asked, StopOrder(.configuration, "no longer configured"), &turn)
                continue
            }
            services[index].want()
            guard case .waiting = services[index].state else { continue }
            var missing: [String] = []
            for other in services[..<index]
            where services[index].policy.after.contains(other.policy.name) {
                if other.isReady || other.isLeaving { continue }
                missing.append(
                    other.phase == .parked
                        ? "\(other.policy.name), which is parked" : other.policy.name.text)
            }
            if missing.isEmpty {
                services[index].start(&turn)
            } else {
                services[index].state = .waiting(reason: "waits for \(list(missing, "and"))")
            }
        }
    }

    /// Ends the runs of those that no other run comes after; the rest follows when these are gone.
    private mutating func stopServices(isEnd: Bool, _ turn: inout Turn) {
        let why = stopOrder(isEnd: isEnd, turn)
        for index in services.indices.reversed() {
            services[index].unwant()
            if services[index].state.run == nil { continue }
            let isNeeded = services[(index + 1)...].contains {
                $0.state.run != nil && $0.policy.after.contains(services[index].policy.name)
            }
            if !isNeeded { services[index].stop(.asked, why, &turn) }
        }
    }

    private func stopOrder(isEnd: Bool, _ turn: Turn) -> StopOrder {
        let text = isEnd ? "its project stops" : "its project is in maintenance"
        if turn.isClosing { return StopOrder(.supervisorStop, text) }
        return StopOrder(leaving?.cause ?? .configuration, text, actor: leaving?.actor)
    }

    // MARK: Time

    /// Nil while nothing happens by itself.
    var deadline: Moment? {
        switch sandbox {
        case .delayed(let until, reason: _): return until
        case .none, .launching, .ending, .up(since: _, isFrozen: true): return nil
        case .up(since: _, isFrozen: false), .draining:
            var result: Moment?
            for service in services { result = earlier(result, service.deadline) }
            return result
        }
    }

    mutating func timePassed(_ turn: inout Turn) {
        switch sandbox {
        case .delayed(let until, reason: _): if until <= turn.now { sandbox = .none }
        case .none, .launching, .ending, .up(since: _, isFrozen: true): break
        case .up(since: _, isFrozen: false), .draining:
            for index in services.indices { services[index].timePassed(&turn) }
        }
    }

    // MARK: Reports

    private mutating func announce(_ turn: inout Turn) {
        // Whoever answers tells whether it has to wait.
        if case .asked = admission { return }
        let now = Announced(phase: phase, isReady: isReady)
        if now == announced { return }
        if let phase = now.phase, phase != announced.phase {
            let text = reason.isEmpty ? "is \(phase.rawValue)" : "is \(phase.rawValue): \(reason)"
            report(phase == .failed ? .error : .notice, "project.\(phase.rawValue)", text, &turn)
        }
        if now.isReady != announced.isReady {
            if now.isReady {
                report(.notice, "project.ready", "is ready", &turn)
            } else if now.phase == .active {
                report(.warning, "project.unready", "is no longer ready", &turn)
            }
        }
        announced = now
    }
}
