internal import Plan
internal import Scheduling
internal import Supervision

/// Arrays that every tick fills anew.
struct Scratch {
    /// A project that runs, as it is in this tick: side by side, since each of several looks at all of them
    /// would else have to fetch them from where they are.
    struct Active {
        let index: Int
        let group: Int
        /// Its number with the scheduler.
        let seat: Int
        /// Bytes in use, and the limit on them.
        let memory: Double
        let memoryLimit: Double
        /// Whether a limit or the machine killed it in this tick.
        var isKilled: Bool
    }

    var active: [Active] = []
    // Of the same ones, in millicores.
    var wants: [Double] = []
    var weights: [Double] = []
    var got: [Double] = []

    mutating func clear() {
        active.removeAll(keepingCapacity: true)
        wants.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        got.removeAll(keepingCapacity: true)
    }
}

/// The machine, as it was for the interval that ends now: who got what, who was killed.
///
/// Processor time is divided by the kernel's rule. Memory is had or not: who wants more than its limit is
/// killed, and if all together want more than there is, whoever has most. Nothing is swapped, but of those
/// that the ladder squeezes, down to what that leaves them.
extension Simulator {
    /// From this part of the memory on the machine is short of it: the kernel reclaims below its watermarks.
    private static let reclaimFrom = 0.92
    /// The same for a project, below its limit.
    private static let reclaimBelowLimit = 0.97

    mutating func tick() throws(InvalidValue) {
        let minute = minuteOfWeek(at: now)
        var reading = Meter.Reading()
        let demanded = wish(&reading)
        reading.cpuUsed = divideCPU(
            scheduler.capacity[.cpu], wants: scratch.wants, weights: scratch.weights,
            into: &scratch.got)
        reading.fairness = fairness()
        let used = reading.memoryUsed
        reading.memoryUsed = killUntilItFits(used)
        reading.pressure = memoryPressure(demanded, used: used)
        let cpuPressure = guaranteedStall()
        account(reading, demanded: demanded)
        observe(minute)
        if now % scenario.rebalance == 0 || isOutgrown() { try decide(minute) }
        try preempt(cpu: cpuPressure, memory: reading.pressure)
        admitSoon()
    }

    /// What everybody would like, and what memory everybody takes.
    ///
    /// - Returns: the memory that would be wanted if nobody were preempted.
    private mutating func wish(_ reading: inout Meter.Reading) -> Double {
        scratch.clear()
        var demanded = 0.0
        for index in bodies.indices {
            if bodies[index].isActive {
                demanded += wishOfActive(index, &reading)
                continue
            }
            if bodies[index].rung == .none {
                bodies[index].memoryUsed = 0
                continue
            }
            demanded += memoryWish(index)
            // What stands still keeps what it had; what was stopped keeps nothing.
            let keeps = bodies[index].isFrozen && bodies[index].run != nil
            let kept = keeps ? min(bodies[index].memoryUsed, bodies[index].memoryHigh) : 0
            bodies[index].memoryUsed = kept
            reading.memoryUsed += kept
        }
        return demanded
    }

    private mutating func memoryWish(_ index: Int) -> Double {
        let group = bodies[index].group
        return bodies[index].memoryWalker.amount(
            facts[group].memoryDemand, at: now, weekMinute: scenario.startMinuteOfWeek)
    }

    private mutating func wishOfActive(
        _ index: Int, _ reading: inout Meter.Reading
    ) -> Double {
        let group = bodies[index].group
        let wanted = memoryWish(index)
        let limit = bodies[index].memoryLimit
        var taken = min(wanted, bodies[index].memoryHigh)
        let isKilled = taken > limit
        if isKilled { taken = limit }
        bodies[index].memoryWanted = wanted
        bodies[index].memoryUsed = taken
        reading.memoryWanted += wanted
        reading.memoryUsed += taken
        reading.memoryLimits += min(limit, scheduler.capacity[.memory])
        let cpu = min(
            bodies[index].cpuWalker.amount(
                facts[group].cpuDemand, at: now, weekMinute: scenario.startMinuteOfWeek),
            facts[group].cpuLimit)
        reading.cpuWanted += cpu
        scratch.active.append(
            Scratch.Active(
                index: index, group: group, seat: bodies[index].seat, memory: taken,
                memoryLimit: limit, isKilled: isKilled))
        scratch.wants.append(cpu)
        scratch.weights.append(bodies[index].effectiveWeight)
        scratch.got.append(0)
        if isKilled { outOfMemory(index) }
        return wanted
    }

    private mutating func outOfMemory(_ index: Int) {
        outcome.totals.outOfMemory += 1
        meter.outOfMemory += 1
        let body = bodies[index]
        note(
            index,
            "is killed: wants \(fixed(body.memoryWanted, 0)) of \(fixed(body.memoryLimit, 0)) bytes"
        )
        if let run = body.run { end(index, run, .killed(signal: 9)) }
    }

    /// If all together have more memory than there is, the one that has most is killed, as the kernel does.
    ///
    /// - Returns: what is used afterwards.
    private mutating func killUntilItFits(_ used: Double) -> Double {
        var left = used
        let capacity = scheduler.capacity[.memory]
        while left > capacity {
            var victim: Int?
            var most = 0.0
            for (place, each) in scratch.active.enumerated()
            where each.memory > most && bodies[each.index].run != nil {
                (victim, most) = (place, each.memory)
            }
            guard let victim else { return left }
            let index = scratch.active[victim].index
            left -= most
            scratch.active[victim].isKilled = true
            outcome.totals.machineOutOfMemory += 1
            meter.machineOutOfMemory += 1
            episode.killed = true
            note(index, "is killed: the machine has no memory left")
            if let run = bodies[index].run { end(index, run, .killed(signal: 9)) }
        }
        return left
    }

    /// The share of time in which somebody waits for memory: from the part on at which the kernel reclaims.
    private func memoryPressure(_ demanded: Double, used: Double) -> Double {
        let part = max(used, min(demanded, used * 1.05)) / scheduler.capacity[.memory]
        return min(1, max(0, (part - Self.reclaimFrom) / (1 - Self.reclaimFrom)))
    }

    /// How much projects wait for processors that are guaranteed to them: that others wait is what a busy
    /// machine looks like.
    private func guaranteedStall() -> Double {
        var most = 0.0
        for (place, each) in scratch.active.enumerated() {
            let least = facts[each.group].cpuGuarantee
            let got = scratch.got[place]
            if least > 0, got < least * 0.9, scratch.wants[place] > 0 {
                most = max(most, 1 - got / scratch.wants[place])
            }
        }
        return most
    }

    /// Jain's index over those that got less than they wanted and could have had more.
    private func fairness() -> Double? {
        var sum = 0.0
        var squares = 0.0
        var count = 0
        for (place, each) in scratch.active.enumerated() {
            let got = scratch.got[place]
            if got >= scratch.wants[place] * (1 - 1e-9) { continue }
            if got <= facts[each.group].cpuGuarantee { continue }
            let part = got / facts[each.group].weight
            sum += part
            squares += part * part
            count += 1
        }
        return count < 2 ? nil : jainIndex(sum: sum, squares: squares, count: count)
    }

    private mutating func account(_ reading: Meter.Reading, demanded: Double) {
        if demanded > scheduler.capacity[.memory] {
            episode.isOpen = true
        } else if episode.isOpen {
            if !episode.killed { outcome.totals.killsAvoided += 1 }
            episode = Episode()
        }
        let seconds = Double(scenario.interval) / 1_000
        meter.add(reading, seconds: seconds)
        outcome.totals.add(reading, of: scenario.machine, seconds: seconds, at: now)
        meter.running = scratch.active.count
        meter.waiting = waiting.count
        if now % scenario.report == 0, let row = meter.row(at: now) { outcome.rows.append(row) }
    }

    /// Whether a project is close to a limit on memory that follows what it uses, or was killed at it, for
    /// which the supervisor does not wait until the next division.
    private func isOutgrown() -> Bool {
        if scenario.strategy != .dynamic { return false }
        let part = 1 + scheduler.tunables.margin / 2
        return scratch.active.contains { $0.isKilled || $0.memory * part > $0.memoryLimit }
    }

    /// Tells the scheduler what each of those that were let in used.
    private mutating func observe(_ minute: Int) {
        for (place, each) in scratch.active.enumerated() {
            let wanted = scratch.wants[place]
            let got = scratch.got[place]
            let near = each.memoryLimit.isFinite ? each.memory / each.memoryLimit : 0
            let use = Use(
                cpu: got, memory: each.memory, slots: facts[each.group].agents,
                pressure: Use.Pressure(
                    cpu: wanted > 0 ? max(0, 1 - got / wanted) : 0,
                    memory: max(
                        0, (near - Self.reclaimBelowLimit) / (1 - Self.reclaimBelowLimit))),
                kills: each.isKilled ? 1 : 0, milliseconds: scenario.interval)
            scheduler.observe(seat: each.seat, use, at: now, minuteOfWeek: minute)
        }
        outcome.totals.observations += scratch.active.count
    }
}
