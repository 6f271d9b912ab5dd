import Plan
import Scheduling
import Supervision

/// One project, as the supervisor has it.
struct ModelledProject {
    enum Place: Hashable {
        /// Not come yet, or gone.
        case none
        /// Since this moment, in milliseconds.
        case waiting(since: Int64)
        case admitted
    }

    let name: ProjectName
    let group: Int
    /// A supervisor's fleet of this one alone. Projects that do not depend on each other do nothing to each
    /// other in a fleet, so many of one are one of many, and cost no walk through all for each event.
    var fleet: Fleet
    var random: SeededRandom
    var place = Place.none
    var isPaused = false
    var hasStartedOnce = false
    /// When its fleet is told of time next; `.max`: not by now.
    var wakesAt = Int64.max

    init(_ name: ProjectName, group: Int, seed: UInt64, stream: UInt64) {
        self.name = name
        self.group = group
        fleet = Fleet(nextRun: RunID(rawValue: 1), seed: seed &+ stream, isGated: true)
        random = SeededRandom(seed, stream: stream)
    }
}

/// One project, as the model of the machine has it: numbers alone, since every tick looks at all of them.
struct Body {
    let group: Int
    /// Its number with the scheduler, while it takes part.
    var seat = 0
    var cpuWalker: CurveWalker
    var memoryWalker: CurveWalker
    /// What runs in its sandbox; nil: nothing, so it wants nothing.
    var run: RunID?
    var isFrozen = false
    var rung = PreemptionLadder.Rung.none

    /// Millicores that the last decision gave it.
    var cpuShare = 0.0

    // What is in force.
    var cpuWeight: Double
    /// Bytes.
    var memoryLimit: Double
    /// What it gets of the memory while the machine is short of it.
    var memoryShare = Double.infinity
    /// What it keeps of it while it is squeezed.
    var memoryHigh = Double.infinity

    // What it does.
    var memoryWanted = 0.0
    var memoryUsed = 0.0

    var isActive: Bool { run != nil && !isFrozen }

    var effectiveWeight: Double {
        rung == .none ? max(1, cpuWeight) : PreemptionLadder.squeezedWeight(cpuWeight)
    }
}

/// What a tick has to know of a group, without what has to be counted when it is copied.
struct GroupFacts {
    let cpuDemand: Curve
    let memoryDemand: Curve
    let cpuLimit: Double
    let cpuGuarantee: Double
    let memoryGuarantee: Double
    let agents: Double
    /// What it shall count: the yardstick of fairness.
    let weight: Double

    init(_ group: ProjectGroup, _ strategy: Strategy) {
        cpuDemand = group.cpu.demand
        memoryDemand = group.memory.demand
        cpuLimit = group.cpu.limit ?? .infinity
        cpuGuarantee = group.cpu.guarantee
        memoryGuarantee = group.memory.guarantee
        agents = group.agents
        // The same for all strategies but the one for which all are alike.
        weight = strategy == .fairShare ? 1 : group.priority.weight * group.weight
    }
}
