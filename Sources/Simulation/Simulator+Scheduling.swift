internal import Plan
internal import Scheduling
internal import Supervision

/// A time in which projects want more memory than there is.
struct Episode {
    var isOpen = false
    var killed = false
}

/// What the scheduler and the ladder decide, put in force.
extension Simulator {
    mutating func decide(_ minute: Int) throws(InvalidValue) {
        let decision = scheduler.decide(at: now, minuteOfWeek: minute)
        outcome.totals.decisions += 1
        meter.decisions += 1
        var written = 0
        for share in decision.changed {
            let index = seats[share.seat]
            if projects[index].place != .admitted { continue }
            if share.isPaused != projects[index].isPaused { rest(index, share.isPaused) }
            bodies[index].cpuShare = share.allocation[.cpu]
            if scenario.strategy == .static { continue }
            if apply(share, to: index) { written += 1 }
        }
        outcome.totals.changes += written
        meter.changes += written
    }

    /// Lets it stand still since its hours are over, or go on.
    private mutating func rest(_ index: Int, _ isPaused: Bool) {
        projects[index].isPaused = isPaused
        if bodies[index].rung >= .frozen { return }
        let name = projects[index].name
        queue.add(
            .told(
                index,
                isPaused
                    ? .preempted(name, .resting, reason: "its work hours are over")
                    : .hoursBegan(name)),
            at: now)
    }

    /// Whether anything of it is another than was in force.
    private mutating func apply(_ share: Decision.Share, to index: Int) -> Bool {
        let body = bodies[index]
        let weight = Double(share.cpuWeight)
        let low = Double(share.memoryLow)
        // A limit never falls below what is used: that would kill.
        let limit = share.memoryLimit.map { max(Double($0), body.memoryUsed) } ?? body.memoryLimit
        if Self.differs(weight, body.cpuWeight) { bodies[index].cpuWeight = weight }
        if Self.differs(low, body.memoryShare) { bodies[index].memoryShare = low }
        // A limit has a hysteresis of its own, and one that should be larger cannot wait.
        bodies[index].memoryLimit = limit
        let new = bodies[index]
        if new.cpuWeight == body.cpuWeight, new.memoryShare == body.memoryShare,
            new.memoryLimit == body.memoryLimit
        {
            return false
        }
        note(
            index,
            "weight \(fixed(new.cpuWeight, 0)), memory \(fixed(new.memoryShare, 0)) of "
                + "\(fixed(new.memoryLimit, 0)): \(share.limitReason.text)")
        return true
    }

    /// As the supervisor has it: what is less is not worth a write.
    private static func differs(_ new: Double, _ old: Double) -> Bool {
        if !old.isFinite { return new != old }
        return new != old && abs(new - old) >= max(new, old) * 0.1
    }

    // MARK: The ladder

    /// - Parameters: the shares of time for which somebody on the machine waited.
    mutating func preempt(cpu: Double, memory: Double) throws(InvalidValue) {
        if scenario.strategy == .static { return }
        let pressure = Use.Pressure(cpu: cpu, memory: memory)
        let move = ladder.step(
            pressure: pressure, candidates: ladder.isPressed(pressure) ? candidates() : [],
            at: now)
        guard let move, let index = indices[move.name] else { return }
        bodies[index].rung = move.to
        if move.from == .none { squeeze(index) }
        if move.to == .none { bodies[index].memoryHigh = .infinity }
        note(index, "from \(move.from) to \(move.to): \(move.cause.text)")
        if move.to > move.from { count(move.to) }
        let preemption: ProjectRecord.Preemption =
            switch move.to {
            case .none, .squeezed: .none
            case .frozen: .frozen
            case .stopped: .stopped
            }
        try scheduler.update(subject(index))
        queue.add(.told(index, .preempted(move.name, preemption, reason: move.cause.text)), at: now)
    }

    private mutating func squeeze(_ index: Int) {
        bodies[index].memoryHigh = PreemptionLadder.squeezedMemory(
            use: bodies[index].memoryUsed, share: bodies[index].memoryShare,
            protected: facts[bodies[index].group].memoryGuarantee)
    }

    private mutating func count(_ rung: PreemptionLadder.Rung) {
        meter.preemptions += 1
        switch rung {
        case .none: break
        case .squeezed: outcome.totals.squeezed += 1
        case .frozen: outcome.totals.frozen += 1
        case .stopped: outcome.totals.stopped += 1
        }
    }

    private func candidates() -> [PreemptionLadder.Candidate] {
        var result: [PreemptionLadder.Candidate] = []
        func add(_ index: Int, cpu: Double) {
            let share = bodies[index].memoryShare
            result.append(
                PreemptionLadder.Candidate(
                    name: projects[index].name,
                    priority: scenario.groups[projects[index].group].priority,
                    guarantee: guarantee(index),
                    allocation: Amounts(
                        cpu: bodies[index].cpuShare,
                        memory: share.isFinite ? share : bodies[index].memoryUsed),
                    use: Amounts(cpu: cpu, memory: bodies[index].memoryUsed)))
        }
        for (place, each) in scratch.active.enumerated() {
            add(each.index, cpu: scratch.got[place])
        }
        // Those that stand still already, and may have to go.
        for index in bodies.indices where bodies[index].rung == .frozen { add(index, cpu: 0) }
        return result
    }
}
