public import Plan

/// Who may run, and who waits: projects that fit start at once, the others in the order of their virtual
/// arrival.
///
/// The virtual arrival of a project is when it came, less `ageing` for every class of priority above the
/// lowest. So nobody who comes more than `bound` after it is ever let in before it, and once it has waited for
/// as long as that, nobody at all passes it: it is the next to start as soon as there is room.
public struct AdmissionQueue {
    public struct Entry: Hashable, Sendable {
        public let project: ProjectName
        public let priority: Priority
        /// Milliseconds of any clock that does not go back.
        public let arrival: Int64
        /// What is kept for it while it runs.
        public let guarantee: Amounts

        public init(
            project: ProjectName, priority: Priority, arrival: Int64, guarantee: Amounts
        ) {
            self.project = project
            self.priority = priority
            self.arrival = arrival
            self.guarantee = guarantee
        }
    }

    public enum Verdict: Hashable, Sendable {
        case runs
        /// `ahead`: how many are before it; `why`: what there is not enough of.
        case waits(ahead: Int, why: Shortage)
    }

    public enum Shortage: Hashable, Sendable {
        /// As many projects run as may.
        case projects(max: Int)
        /// Guarantees of others leave too little.
        case resource(Resource, wanted: Double, free: Double)
        /// It would fit, and somebody has waited too long to be passed.
        case turn(of: ProjectName)
    }

    /// Milliseconds for which a class of priority stands.
    public let ageing: Int64
    public let runningMax: Int
    /// What guarantees may sum up to: the machine without its reserve.
    public let capacity: Amounts

    public init(ageing: Int64, runningMax: Int, capacity: Amounts) {
        self.ageing = ageing
        self.runningMax = runningMax
        self.capacity = capacity
    }

    /// The longest that somebody who comes later can be let in before.
    public var bound: Int64 { ageing * Int64(Priority.allCases.count - 1) }

    /// When it would have come if it were of the lowest priority.
    public func virtualArrival(_ entry: Entry) -> Int64 {
        entry.arrival - ageing * Int64(entry.priority.rank)
    }

    /// The order in which they start.
    public func order(_ waiting: [Entry]) -> [Entry] {
        waiting.sorted {
            let (left, right) = (virtualArrival($0), virtualArrival($1))
            if left != right { return left < right }
            if $0.arrival != $1.arrival { return $0.arrival < $1.arrival }
            return $0.project < $1.project
        }
    }

    /// What becomes of each that waits, in their order.
    ///
    /// - Parameter running: what those that run are guaranteed.
    public func decide(
        _ waiting: [Entry], running: [Amounts], now: Int64
    ) -> [(entry: Entry, verdict: Verdict)] {
        decide(
            waiting, used: running.reduce(.zero) { $0 + $1 }, running: running.count, now: now)
    }

    /// The same where the guarantees of those that run are summed up already.
    public func decide(
        _ waiting: [Entry], used: Amounts, running: Int, now: Int64
    ) -> [(entry: Entry, verdict: Verdict)] {
        var free = capacity - used
        var count = running
        var blocker: ProjectName?
        var ahead = 0
        return order(waiting).map { entry in
            let verdict: Verdict
            if let shortage = shortage(entry, count, free, blocker) {
                verdict = .waits(ahead: ahead, why: shortage)
                ahead += 1
                // Who will never fit is waited for by nobody.
                if blocker == nil, now - entry.arrival >= bound, canFit(entry) {
                    blocker = entry.project
                }
            } else {
                verdict = .runs
                count += 1
                free = free - entry.guarantee
            }
            return (entry, verdict)
        }
    }

    /// Whether it fits into an empty machine.
    public func canFit(_ entry: Entry) -> Bool {
        Resource.allCases.allSatisfy { entry.guarantee[$0] <= capacity[$0] }
    }

    private func shortage(
        _ entry: Entry, _ count: Int, _ free: Amounts, _ blocker: ProjectName?
    ) -> Shortage? {
        if count >= runningMax { return .projects(max: runningMax) }
        for resource in Resource.allCases where entry.guarantee[resource] > free[resource] {
            return .resource(
                resource, wanted: entry.guarantee[resource], free: max(0, free[resource]))
        }
        if let blocker { return .turn(of: blocker) }
        return nil
    }
}

extension Priority {
    /// 0 is the lowest.
    var rank: Int {
        switch self {
        case .low: 0
        case .normal: 1
        case .high: 2
        case .critical: 3
        }
    }

    /// How much of what is short it gets, against the others.
    public var weight: Double { Double(1 << rank) }
}
