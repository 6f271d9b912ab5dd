public import Plan

/// Changes of limits that are made together or not at all.
public struct QuotaRequest: Hashable, Sendable {
    public struct Change: Hashable, Sendable {
        public var target: QuotaTarget
        public var name: LimitName
        public var order: LimitOrder

        public init(_ target: QuotaTarget, _ name: LimitName, _ order: LimitOrder) {
            self.target = target
            self.name = name
            self.order = order
        }

        /// As an operator writes them.
        public init(
            project: String, workload: String?, name: String, value: String
        ) throws(InvalidValue) {
            target = QuotaTarget(
                try ProjectName(project),
                try workload.map { text throws(InvalidValue) in try WorkloadName(text) })
            self.name = try LimitName(parsing: name, for: "\(target) limit")
            order = try LimitOrder(parsing: value, of: self.name, for: "\(target) \(self.name)")
        }
    }

    public var changes: [Change]
    /// After it, what held before holds again. Nil: it stays.
    public var lasting: Milliseconds?
    /// Whether it becomes part of the configuration.
    public var isPersistent: Bool
    /// How long taking memory away may last, each time.
    public var budget: Milliseconds
    public var reason: String
    /// Whether it is the scheduler's and nobody's wish.
    public var isScheduled = false

    /// More is no longer typed by anybody.
    public static let changesMax = 256
    public static let reasonBytesMax = 512
    public static let lastingRange = Milliseconds(1_000)...Milliseconds(365 * 86_400_000)
    public static let budgetStandard = Milliseconds(10_000)
    public static let budgetRange = Milliseconds(100)...Milliseconds(600_000)

    public init(
        _ changes: [Change], lasting: Milliseconds? = nil, isPersistent: Bool = false,
        budget: Milliseconds = budgetStandard, reason: String = ""
    ) throws(InvalidValue) {
        if changes.isEmpty {
            throw InvalidValue(
                "changes", "", "are none", hint: "say what is to change, for example --memory 1G")
        }
        if changes.count > Self.changesMax {
            throw InvalidValue(
                "changes", "\(changes.count)", "are more than \(Self.changesMax) at once")
        }
        var seen: Set<String> = []
        for change in changes where !seen.insert("\(change.target) \(change.name)").inserted {
            throw InvalidValue(
                "changes", "\(change.target) \(change.name)", "is given twice",
                hint: "give each limit once")
        }
        if let lasting, !Self.lastingRange.contains(lasting) {
            throw InvalidValue(
                "for", "\(lasting)",
                "is not between \(Self.lastingRange.lowerBound) and "
                    + "\(Self.lastingRange.upperBound)",
                hint: "what shall last longer is said without an end")
        }
        if lasting != nil && isPersistent {
            throw InvalidValue(
                "for", "\(lasting ?? budget)", "and persist exclude each other",
                hint: "what is in the configuration has no end: leave one of them out")
        }
        if !Self.budgetRange.contains(budget) {
            throw InvalidValue(
                "budget", "\(budget)",
                "is not between \(Self.budgetRange.lowerBound) and "
                    + "\(Self.budgetRange.upperBound)",
                hint: "leave it out for \(Self.budgetStandard)")
        }
        if reason.utf8.count > Self.reasonBytesMax {
            throw InvalidValue(
                "reason", reason, "is longer than \(Self.reasonBytesMax) bytes")
        }
        self.changes = changes
        self.lasting = lasting
        self.isPersistent = isPersistent
        self.budget = budget
        self.reason = reason
    }

    /// What one gives another is given.
    public var via: QuotaOverride.Via {
        if isScheduled { return .scheduler }
        guard changes.count == 2, changes[0].name == changes[1].name,
            changes[0].target != changes[1].target
        else { return .set }
        switch (changes[0].order, changes[1].order) {
        case (.increase(let more), .decrease(let less)), (.decrease(let less), .increase(let more)):
            return more == less ? .move : .set
        default: return .set
        }
    }
}
