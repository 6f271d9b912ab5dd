/// What a scheduler learnt of a project by looking at it.
struct Habits: Sendable {
    var demand = Demand()
    /// Of its memory.
    private(set) var memory = DemandEstimator(least: Self.memoryLeast)
    /// Of its CPU time, in millicores.
    private(set) var cpu = DecayingHistogram(least: Self.cpuLeast)
    /// When it was seen last, in milliseconds.
    private var seen: Int64?
    /// The seconds in which tasks stalled for want of a processor.
    private(set) var stalledSeconds = 0.0
    /// Processes killed for want of memory, ever.
    private(set) var kills = 0

    /// A hundredth of a processor: less is background noise.
    private static let cpuLeast = 10.0
    /// Below a mebibyte no limit can be set.
    private static let memoryLeast = Double(1 << 20)
    /// What is said of a longer span says nothing of how it was within it.
    private static let spanMax: Int64 = 3_600_000

    /// What a look at a project changes for others.
    enum News: Hashable {
        case none
        /// Its demand, or what is said of it.
        case demand
        /// Also how many agents it wants.
        case slots
    }

    /// Takes in what it used. All of it happens in place: a copy of this would take longer than the rest.
    ///
    /// - Parameter isFollowed: whether its memory limit follows what it uses.
    mutating func take(
        _ use: Use, at time: Int64, minuteOfWeek: Int, terms: Terms, isFollowed: Bool,
        _ decay: inout Decay, _ tunables: Tunables
    ) -> News {
        let old = wanted(terms, isFollowed: isFollowed)
        let basis = memory.basis
        observe(use, at: time, minuteOfWeek: minuteOfWeek, limit: terms.limit, &decay, tunables)
        if isFollowed {
            memory.follow(
                least: terms.guarantee[.memory], most: terms.limit[.memory],
                minuteOfWeek: minuteOfWeek, tunables)
        }
        let new = wanted(terms, isFollowed: isFollowed)
        if new[.slots] != old[.slots] { return .slots }
        return new != old || memory.basis != basis ? .demand : .none
    }

    private mutating func observe(
        _ use: Use, at time: Int64, minuteOfWeek: Int, limit: Amounts, _ decay: inout Decay,
        _ tunables: Tunables
    ) {
        demand.observe(use, limit: limit, tunables)
        var span = min(max(use.milliseconds, 0), Self.spanMax)
        if let seen {
            // A clock that went back, or two looks at once: no time passed.
            let (since, overflow) = time.subtractingReportingOverflow(seen)
            span = min(span, overflow ? Self.spanMax : max(since, 0))
        }
        seen = time
        decay.set(seconds: Double(span) / 1_000, tunables)
        let amounts = use.amounts
        cpu.add(amounts[.cpu], seconds: decay.seconds, growth: decay.cpuGrowth)
        stalledSeconds += decay.seconds * Use.share(use.pressure.cpu)
        kills += min(max(use.kills, 0), 1_000)
        memory.observe(
            amounts[.memory], pressure: Use.share(use.pressure.memory), kills: use.kills,
            minuteOfWeek: minuteOfWeek, decay: decay, tunables)
    }

    /// What it is taken to want, within its limit.
    ///
    /// - Parameter isFollowed: whether its memory limit follows what it uses.
    func wanted(_ terms: Terms, isFollowed: Bool) -> Amounts {
        var result = demand.amounts(limit: terms.limit)
        if isFollowed, let followed = memory.limit {
            // What is configured may have changed since.
            result[.memory] = min(
                max(followed, terms.guarantee[.memory]), terms.limit[.memory])
        }
        return result
    }
}
