internal import Plan

/// Who takes part, and what an operator's configuration says of it.
struct Place: Sendable {
    var subject: Subject
    /// Within its work hours, or without any.
    var isInside = true
    var slots = 0

    init(_ subject: Subject) { self.subject = subject }

    /// Whether it stands still for the time of day.
    var isPaused: Bool { !isInside && subject.workHours?.outside == .pause }
    /// Whether it has a share of anything.
    var takesPart: Bool { subject.isRunning && !isPaused }

    /// What it weighs now.
    func weight(_ strategy: Strategy, _ tunables: Tunables) -> Double {
        if let pinned = subject.pinnedWeight {
            return strategy.usualWeight * Double(pinned) / WeightScale.usual
        }
        let hours = isInside ? 1 : tunables.offHoursFactor
        switch strategy {
        case .static: return subject.weightFactor
        case .fairShare: return hours
        case .priorityBased, .dynamic, .custom:
            return subject.priority.weight * subject.weightFactor * hours
        }
    }
}

/// What a place comes to at this hour, on this machine, by this strategy: numbers alone, since all of them
/// are looked at for each decision.
struct Terms: Sendable {
    let guarantee: Amounts
    /// No more than the machine has.
    let limit: Amounts
    let weight: Double
    let takesPart: Bool

    static let none = Terms(guarantee: .zero, limit: .zero, weight: 0, takesPart: false)
}

extension Strategy {
    /// What a project weighs of which nothing is said.
    var usualWeight: Double {
        switch self {
        case .static, .fairShare: 1
        case .priorityBased, .dynamic, .custom: Priority.normal.weight
        }
    }
}
