public import Plan

/// A project as the scheduler sees it: what its configuration says.
public struct Subject: Hashable, Sendable {
    public let name: ProjectName
    public var priority: Priority
    /// `cpu_priority`: 1 is the usual; `cpu_weight` divided by 100.
    public var weightFactor: Double
    /// The `cpu.weight` that a person has set, which nothing moves: what it weighs whatever its priority, 100
    /// as a usual project. Nil: nobody has.
    public var pinnedWeight: Int?
    /// What is kept for it as long as it wants that much.
    public var guarantee: Amounts
    /// What it may have at most.
    public var limit: Amounts
    public var workHours: WorkHours?
    /// Only who runs has a share of anything.
    public var isRunning: Bool

    /// Between these lies what `cpu_weight` can say (Documentation/admin-guide/cgroup-v2.rst).
    public static let weightFactors = 0.01...100.0

    /// What the kernel takes for a weight.
    public static let pinnedWeights = 1...10_000

    public init(
        name: ProjectName, priority: Priority = .normal, weightFactor: Double = 1,
        pinnedWeight: Int? = nil,
        guarantee: Amounts = .zero, limit: Amounts, workHours: WorkHours? = nil,
        isRunning: Bool = true
    ) {
        self.name = name
        self.priority = priority
        self.weightFactor = weightFactor
        self.pinnedWeight = pinnedWeight
        self.guarantee = guarantee
        self.limit = limit
        self.workHours = workHours
        self.isRunning = isRunning
    }

    /// Refuses what is no number, negative, or contradicts itself.
    public func check() throws(InvalidValue) {
        guard Self.weightFactors.contains(weightFactor) else {
            throw InvalidValue(
                "weight of project \(name)", "\(weightFactor)", "is not from 0.01 to 100",
                hint: "set cpu_priority from 0.01 to 100")
        }
        if let pinnedWeight, !Self.pinnedWeights.contains(pinnedWeight) {
            throw InvalidValue(
                "weight of project \(name)", "\(pinnedWeight)", "is not from 1 to 10000",
                hint: "set cpu_weight from 1 to 10000")
        }
        guard guarantee[.slots] <= Amounts.slotsMost else {
            throw InvalidValue(
                "guaranteed agents of project \(name)", "\(guarantee[.slots])",
                "are more than any machine runs", hint: "guarantee fewer agents")
        }
        for resource in Resource.allCases {
            let (least, most) = (guarantee[resource], limit[resource])
            guard least >= 0, least <= Amounts.most, most >= 0 else {
                throw InvalidValue(
                    "\(resource) of project \(name)", "\(least) of \(most)", "is no amount",
                    hint: "write a guarantee and a limit of 0 or more")
            }
            guard least <= most else {
                throw InvalidValue(
                    "guaranteed \(resource) of project \(name)", "\(least)",
                    "is above its limit, \(most)", hint: "lower the guarantee or raise the limit")
            }
        }
    }
}
