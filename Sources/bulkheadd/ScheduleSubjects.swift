internal import Configuration
internal import Plan
internal import Quotas
internal import Scheduling
internal import Supervision
internal import Syscalls

/// What the scheduler is told of the machine and its projects.
extension Supervisor {
    /// What is divided: what the configuration gives all projects together, or the machine without what
    /// is kept for the system.
    var scheduledCapacity: Amounts {
        let global = active.configuration.global
        let part = 1 - schedule.tunables.reserve
        func most(_ machine: Double, _ given: Double?) -> Double {
            min(machine * part, given ?? .infinity)
        }
        let agents = active.configuration.details.values.reduce(0) {
            $0 + Int($1.resourceLimits.maxParallelAgents ?? 0)
        }
        return Amounts(
            cpu: most(
                Double(host.capacity.processors.millicores),
                global.cpuCores.map { Double($0.millicores) }),
            memory: most(
                Double(host.capacity.memory.count), global.memoryLimit.map { Double($0.count) }),
            disk: global.diskLimit.map { min(Double($0.count), Amounts.most) } ?? Amounts.most,
            slots: Double(global.maxTotalAgents.map { Int($0) } ?? agents))
    }

    /// What holds: what an operator chose last, or what the configuration says.
    var strategy: Strategy {
        schedule.chosen ?? configuredStrategy
    }

    /// While an operator has chosen none.
    var configuredStrategy: Strategy {
        active.configuration.global.allocationStrategy ?? .standard
    }

    /// Agents that a project may run at the same time; it is taken to want them all.
    func agents(of project: ProjectName) -> Int {
        Int(active.configuration.details[project]?.resourceLimits.maxParallelAgents ?? 0)
    }

    /// Whether a project runs and can use what it is given.
    func isScheduled(_ project: ProjectName) -> Bool {
        guard let phase = fleet.phase(of: project), sandboxes[project] != nil else { return false }
        switch phase {
        case .active, .maintenance: return true
        case .initializing, .starting, .paused, .stopping, .stopped, .failed, .archived:
            // Who stands still since its hours are over comes back by them.
            return fleet.preemption(of: project) == .resting
        }
    }

    /// The scheduler with everything that is configured now.
    @discardableResult
    func synchronizedScheduler() throws(InvalidValue) -> Scheduler {
        settleProjects()
        let settled = schedule.settled
        var scheduler: Scheduler
        if let known = schedule.scheduler, known.tunables == schedule.tunables {
            scheduler = known
            // Of two that share what they have, the first that changes anything copies all of it.
            schedule.scheduler = nil
        } else {
            scheduler = try Scheduler(
                tunables: schedule.tunables, strategy: strategy, capacity: scheduledCapacity)
            schedule.told = nil
        }
        defer { schedule.scheduler = scheduler }
        scheduler.setStrategy(strategy)
        try scheduler.setCapacity(scheduledCapacity)
        if schedule.told == settled.key {
            for name in settled.names { try scheduler.setRunning(name, isScheduled(name)) }
            return scheduler
        }
        for name in scheduler.names where settled.projects[name] == nil {
            try scheduler.leave(name)
        }
        for name in settled.names {
            guard var subject = settled.projects[name]?.subject else { continue }
            subject.isRunning = isScheduled(name)
            if scheduler.contains(name) {
                try scheduler.update(subject)
            } else {
                try scheduler.join(subject)
            }
        }
        schedule.told = settled.key
        return scheduler
    }

    /// Of a project as it is settled; it is said elsewhere whether it runs.
    func subject(of policy: ProjectPolicy, _ zones: inout [String: Int]) -> Subject {
        let project = policy.name
        let limits = policy.limits
        let isPinned = quotas.isSetByPerson(project, .cpuWeight)
        let agents = Double(agents(of: project))
        let limit = Amounts(
            cpu: limits.cpuMax.map { Double($0.millicores) } ?? .infinity,
            memory: limits.memoryMax.map { Double($0.count) } ?? .infinity,
            disk: limits.disk.map { Double($0.count) } ?? .infinity, slots: agents)
        return Subject(
            name: project, priority: policy.priority,
            weightFactor: Double(limits.cpuWeight ?? 100) / 100,
            pinnedWeight: isPinned ? limits.cpuWeight.map { Int($0) } : nil,
            guarantee: Self.guarantee(of: limits).limited(to: limit), limit: limit,
            workHours: workHours(of: project, &zones), isRunning: false)
    }

    // MARK: Hours

    /// As minutes of the machine's own week.
    private func workHours(
        of project: ProjectName, _ zones: inout [String: Int]
    ) -> WorkHours? {
        guard let given = active.configuration.details[project]?.workHours,
            given.start != nil || given.end != nil || !given.days.isEmpty
        else { return nil }
        var days: UInt8 = 0
        for (bit, day) in Self.weekdays.enumerated() where given.days.contains(day) {
            days |= 1 << UInt8(bit)
        }
        if days == 0 { days = 0x7F }
        var shift = 0
        if let zone = given.timezone {
            shift = zones[zone] ?? minutesAhead(of: zone)
            zones[zone] = shift
        }
        var start = Self.minutes(given.start ?? "00:00") + shift
        var end = given.end.map { Self.minutes($0) + shift } ?? start + WorkHours.minutesOfDay
        // A start that lies in the machine's day before or after begins on that day.
        while start < 0 {
            (start, end) = (start + WorkHours.minutesOfDay, end + WorkHours.minutesOfDay)
            days = (days >> 1 | days << 6) & 0x7F
        }
        while start >= WorkHours.minutesOfDay {
            (start, end) = (start - WorkHours.minutesOfDay, end - WorkHours.minutesOfDay)
            days = (days << 1 | days >> 6) & 0x7F
        }
        let length = (end - start) % WorkHours.minutesOfDay
        // What begins when it ends lasts a day.
        end = length == 0 ? start + WorkHours.minutesOfDay - 1 : start + length
        if end < start { end += WorkHours.minutesOfDay }
        if end > WorkHours.minutesOfDay { end -= WorkHours.minutesOfDay }
        // Checked when the configuration was read; hours that are none limit nothing.
        return try? WorkHours(
            start: start, end: end, days: days, outside: given.outside == .pause ? .pause : .less)
    }

    private static let weekdays = [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    ]

    /// `09:30`, which the configuration has checked.
    private static func minutes(_ text: String) -> Int {
        let parts = text.utf8.split(separator: UInt8(ascii: ":")).map {
            Int(String(Substring($0))) ?? 0
        }
        return (parts.first ?? 0) * 60 + (parts.count > 1 ? parts[1] : 0)
    }

    /// How far the machine's clock is ahead of that of a time zone, in minutes.
    private func minutesAhead(of zone: String) -> Int {
        let now = realtimeNanoseconds() / 1_000_000_000
        // Without its file the zone is taken for the machine's.
        guard let offset = host.secondsEast(of: zone, at: now) else { return 0 }
        return Int((LocalTime.secondsEast(at: now) - offset) / 60)
    }
}
