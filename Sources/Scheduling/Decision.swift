public import Plan

/// What a scheduler decided: what changed for whom, beside how all fare together.
public struct Decision: Hashable, Sendable {
    /// What one project gets, and why.
    public struct Share: Hashable, Sendable {
        public let name: ProjectName
        /// Its number with the scheduler.
        public let seat: Int
        /// What it seems to want, within its limit.
        public var demand: Amounts
        /// What it gets now. Slots are whole.
        public var allocation: Amounts
        /// What it would get if all wanted as much as they may have.
        public var entitlement: Amounts
        /// `cpu.weight` (and `io.weight`), 1 to 10,000: 100 for a usual project, and for who is guaranteed
        /// more than it weighs what that takes.
        public var cpuWeight: Int
        /// `memory.low`, in bytes.
        public var memoryLow: UInt64
        /// `memory.max`, in bytes; nil: the configured one holds.
        public var memoryLimit: UInt64?
        /// How many agents it may run.
        public var slots: Int
        public var cpuReason: Reason
        public var memoryReason: Reason
        public var limitReason: Reason
        public var slotsReason: Reason
        /// Its work hours are over, and outside them it stands still.
        public var isPaused: Bool
    }

    /// Those whose share changed since the last decision by more than a hundredth, or in kind: in the order
    /// in which they joined.
    public let changed: [Share]
    public let strategy: Strategy
    /// Whether a custom strategy's answer was followed; without one it was `priority_based`.
    public let followedAnswer: Bool
    /// How many run.
    public let running: Int
    public let capacity: Amounts
    /// What all have together.
    public let allocated: Amounts
    /// What all want together.
    public let demanded: Amounts
    /// How equal the weighted shares are of those that want more than they get: Jain's index, from
    /// 1 / count to 1. 1 where nobody goes short (Jain, Chiu, Hawe, 1984).
    public let fairness: Double
    /// How much of what could be used is given out, of the resource of which that is the least: 0 to 1.
    public let efficiency: Double
}
