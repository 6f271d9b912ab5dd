internal import Plan

/// What a scheduler keeps of a project.
struct Place: Sendable {
    var subject: Subject
    var demand = Demand()
    /// Within its work hours, or without any.
    var isInside = true
    var slots = 0
    /// What was told of it last.
    var told: Decision.Share?

    init(_ subject: Subject) { self.subject = subject }

    /// Whether it stands still for the time of day.
    var isPaused: Bool { !isInside && subject.workHours?.outside == .pause }
    /// Whether it has a share of anything.
    var takesPart: Bool { subject.isRunning && !isPaused }
}
