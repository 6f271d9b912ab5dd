internal import Audit

/// From when to when a project was not ready, by its records.
struct Outages {
    struct Outage: Hashable {
        let project: String
        /// Not before the window.
        var begin: Int64
        /// It had begun before the window.
        var isOlder: Bool
        /// Nil: it goes on.
        var end: Int64?
        let kind: AuditKind
        let reason: String
        /// What somebody asked for that made it so; nil: nobody did.
        let asked: String?
    }

    /// What a record says of a project.
    private enum Step {
        case ready
        /// Nobody expects it to be ready any more.
        case gone
        /// It is told to go, and what it does on its way out is no outage.
        case leaves
        case unready(AuditKind)
        /// Nil: to be ready.
        case wish(String?, ofWorkload: Bool)
    }

    private struct Turn {
        let at: Int64
        let sequence: UInt64
        let project: String
        let step: Step
        let reason: String
    }

    /// A project, as far as its turns have been gone through.
    private struct Course {
        var outage: Outage?
        var wish: Wish?
        var isLeaving = false
    }

    private struct Wish {
        let asked: String?
        /// It has to do with nothing later.
        let until: Int64
    }

    private let since: Int64
    private var turns: [Turn] = []
    private var courses: [String: Course] = [:]
    private var ended: [Outage] = []
    private var endedCount = 0
    /// Of more projects than `projectsMax`.
    private(set) var isCut = false

    static let projectsMax = Tally.keysMax
    /// What journald had lost comes later than what followed it, but never later than so many turns of
    /// projects; 100 bytes each.
    private static let turnsMax = 32_768
    /// A service that is told to stop makes its project unready at once or not at all: microseconds.
    private static let promptly: Int64 = 5_000_000

    /// - Parameter since: what of an outage is before it is not counted.
    init(since: Int64) { self.since = since }

    /// The kinds that say anything of it: what has to be looked up also before the window.
    static let kinds = AuditKind.allCases.filter {
        step(of: $0, asked: "", ofWorkload: false) != nil
    }

    private static func step(of kind: AuditKind, asked: String, ofWorkload: Bool) -> Step? {
        switch kind {
        case .projectReady: .ready
        case .projectArchived, .projectRemoved: .gone
        case .projectInitializing, .projectStarting, .projectActive, .projectPaused,
            .projectMaintenance, .projectStopping, .projectStopped, .projectFailed,
            .projectUnready, .projectLost:
            .unready(kind)
        case .controlRemove: .leaves
        case .controlStop, .controlPause, .controlMaintain, .controlArchive, .controlRestart:
            .wish(asked, ofWorkload: ofWorkload)
        case .controlStart, .controlResume: .wish(nil, ofWorkload: ofWorkload)
        default: nil
        }
    }

    mutating func add(_ event: AuditEvent) {
        let project = event.text(AuditField.project)
        guard let kind = event.kind, !project.isEmpty, !event.isRefused,
            let step = Self.step(
                of: kind, asked: "\(kind.rawValue) by \(event.text(AuditField.actor))",
                ofWorkload: !event.text(AuditField.workload).isEmpty)
        else { return }
        turns.append(
            Turn(
                at: event.at, sequence: event.sequence, project: project, step: step,
                reason: String(event.remark.prefix(160))))
        if turns.count >= 2 * Self.turnsMax { goThrough(Self.turnsMax) }
    }

    /// Goes through the oldest of the turns.
    private mutating func goThrough(_ count: Int) {
        turns.sort { ($0.at, $0.sequence) < ($1.at, $1.sequence) }
        for turn in turns.prefix(count) { take(turn) }
        turns.removeFirst(min(count, turns.count))
    }

    private mutating func take(_ turn: Turn) {
        var course = Course()
        if let known = courses[turn.project] {
            course = known
        } else if courses.count == Self.projectsMax {
            isCut = true
            return
        }
        switch turn.step {
        case .ready, .gone: end(&course, at: turn.at)
        case .leaves:
            end(&course, at: turn.at)
            course.isLeaving = true
        case .wish(let asked, let ofWorkload):
            course.wish = Wish(asked: asked, until: ofWorkload ? turn.at + Self.promptly : .max)
        case .unready(let kind):
            if course.isLeaving && kind == .projectStopping { break }
            course.isLeaving = false
            let wish = course.wish.flatMap { $0.until < turn.at ? nil : $0 }
            // What it comes back to at once is still what somebody made of it: until it is ready, or is so
            // no more.
            if kind == .projectActive, course.outage?.asked != nil, let wish, wish.asked == nil {
                break
            }
            if let outage = course.outage, let wish, wish.asked != outage.asked {
                // From here on it is what somebody wants, or is so no longer.
                end(&course, at: turn.at)
            }
            course.wish = nil
            if course.outage == nil {
                course.outage = Outage(
                    project: turn.project, begin: turn.at, isOlder: false, end: nil, kind: kind,
                    reason: turn.reason, asked: wish?.asked)
            }
        }
        let isIdle = course.outage == nil && course.wish == nil && !course.isLeaving
        courses[turn.project] = isIdle ? nil : course
    }

    private mutating func end(_ course: inout Course, at: Int64) {
        course.wish = nil
        guard var outage = course.outage else { return }
        course.outage = nil
        outage.end = at
        guard let clipped = clipped(outage, until: at) else { return }
        ended.append(clipped)
        endedCount += 1
        if ended.count >= 4 * Tally.shownMax { ended = Self.longest(ended, until: at) }
    }

    /// Within the window; nil: it is not in it, or as short as nothing.
    private func clipped(_ outage: Outage, until now: Int64) -> Outage? {
        var outage = outage
        if outage.begin < since {
            outage.begin = since
            outage.isOlder = true
        }
        return (outage.end ?? now) > outage.begin ? outage : nil
    }

    private static func longest(_ outages: [Outage], until now: Int64) -> [Outage] {
        func length(_ outage: Outage) -> Int64 { (outage.end ?? now) - outage.begin }
        let sorted = outages.sorted { one, other in
            if length(one) != length(other) { return length(one) > length(other) }
            return (one.begin, one.project) < (other.begin, other.project)
        }
        return Array(sorted.prefix(Tally.shownMax))
    }

    /// The longest, and how many there are beside them.
    ///
    /// - Parameter now: to where one that goes on is counted.
    func longest(until now: Int64) -> (outages: [Outage], more: Int) {
        var copy = self
        copy.goThrough(copy.turns.count)
        let open = copy.courses.values.compactMap { course in
            course.outage.flatMap { clipped($0, until: now) }
        }
        let shown = Self.longest(copy.ended + open, until: now)
        return (shown, copy.endedCount + open.count - shown.count)
    }
}
