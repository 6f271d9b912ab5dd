internal import Plan
internal import Scheduling
internal import Supervision

/// Who is let in, by the supervisor's queue.
extension Simulator {
    /// At the end of what happens at this moment: who comes at the same time is looked at together.
    mutating func admitSoon() {
        if admissionIsDue || waiting.isEmpty { return }
        admissionIsDue = true
        queue.add(.admission, at: now)
    }

    mutating func admit() throws(InvalidValue) {
        admissionIsDue = false
        let entries = waiting.compactMap(entry)
        let verdicts = admission.decide(
            entries, used: guaranteed, running: admittedCount, now: now)
        var isLetIn: Set<Int> = []
        for (entry, verdict) in verdicts {
            guard case .runs = verdict, let index = indices[entry.project] else { continue }
            isLetIn.insert(index)
            try letIn(index, entry)
        }
        if isLetIn.isEmpty { return }
        waiting.removeAll { isLetIn.contains($0) }
        notePassing(verdicts)
    }

    private func entry(_ index: Int) -> AdmissionQueue.Entry? {
        let project = projects[index]
        guard case .waiting(let since) = project.place else { return nil }
        return AdmissionQueue.Entry(
            project: project.name, priority: scenario.groups[project.group].priority,
            arrival: since, guarantee: guarantee(index))
    }

    func guarantee(_ index: Int) -> Amounts {
        let group = scenario.groups[projects[index].group]
        return Amounts(cpu: group.cpu.guarantee, memory: group.memory.guarantee)
    }

    private mutating func letIn(_ index: Int, _ entry: AdmissionQueue.Entry) throws(InvalidValue) {
        let wait = now - entry.arrival
        note(index, "is let in after \(wait) ms")
        outcome.totals.admitted += 1
        outcome.totals.longestWait = max(outcome.totals.longestWait, wait)
        projects[index].place = .admitted
        guaranteed = guaranteed + entry.guarantee
        admittedCount += 1
        try scheduler.join(subject(index))
        if let seat = scheduler.seat(of: entry.project) { sit(index, seat) }
        if let lives = scenario.groups[projects[index].group].lives {
            let span = projects[index].random.exponential(mean: Double(lives))
            queue.add(.departure(index), at: now + 1 + Int64(min(span, 1e15)))
        }
        queue.add(.told(index, .admitted(projects[index].name)), at: now)
    }

    private mutating func sit(_ index: Int, _ seat: Int) {
        bodies[index].seat = seat
        // Numbers are given from 0 on, and again when somebody left.
        if seat == seats.count { seats.append(index) } else { seats[seat] = index }
    }

    /// By how much somebody who was let in came later than one that waits.
    private mutating func notePassing(
        _ verdicts: [(entry: AdmissionQueue.Entry, verdict: AdmissionQueue.Verdict)]
    ) {
        var latest = Int64.min
        var oldest = Int64.max
        for (entry, verdict) in verdicts {
            switch verdict {
            case .runs: latest = max(latest, entry.arrival)
            case .waits: oldest = min(oldest, entry.arrival)
            }
        }
        if oldest == .max || latest <= oldest { return }
        outcome.totals.longestPassing = max(outcome.totals.longestPassing, latest - oldest)
    }

    /// It is gone, with its place.
    mutating func leave(_ index: Int) throws(InvalidValue) {
        note(index, "is gone")
        switch projects[index].place {
        case .none: break
        case .waiting: waiting.removeAll { $0 == index }
        case .admitted:
            try scheduler.leave(projects[index].name)
            ladder.release(projects[index].name)
            bodies[index].rung = .none
            bodies[index].memoryHigh = .infinity
            guaranteed = guaranteed - guarantee(index)
            admittedCount -= 1
            // Sums of what comes and goes: nothing is left where nobody is.
            if admittedCount == 0 { guaranteed = .zero }
        }
        projects[index].place = .none
        bodies[index].run = nil
        projects[index].wakesAt = .max
        admitSoon()
    }

    /// As the scheduler sees it.
    func subject(_ index: Int) -> Subject {
        let project = projects[index]
        let group = scenario.groups[project.group]
        let machine = scenario.machine
        return Subject(
            name: project.name, priority: group.priority, weightFactor: group.weight,
            guarantee: guarantee(index),
            limit: Amounts(
                cpu: group.cpu.limit ?? machine.cpu,
                memory: configuredMemory(of: group) ?? machine.memory,
                slots: group.agents),
            workHours: group.workHours, isRunning: bodies[index].rung != .stopped)
    }
}
