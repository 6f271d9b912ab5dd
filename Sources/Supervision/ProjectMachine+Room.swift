import Plan

/// Room on the machine: a place is asked for before there is a sandbox, and may be cut while the machine
/// is short of something.
extension ProjectMachine {
    // MARK: Admission

    /// Whether a place is there; asks for one, once, where it is not.
    mutating func mayLaunch(_ turn: inout Turn) -> Bool {
        if !isGated { admission = .admitted }
        switch admission {
        case .admitted: return true
        case .asked: return false
        case .none:
            admission = .asked(since: turn.now.microseconds)
            turn.deeds.append(.admit(name))
            return false
        }
    }

    /// One that wants no place any more does not take it.
    mutating func admitted() {
        if case .asked = admission { admission = .admitted }
    }

    // MARK: Preemption

    /// With what was taken from it.
    var phase: ProjectPhase {
        let own = ownPhase
        switch preemption {
        case .none: return own
        case .resting, .frozen:
            switch own {
            case .active, .maintenance: return .paused
            case .initializing, .starting, .paused, .stopping, .stopped, .failed, .archived:
                return own
            }
        case .stopped:
            if sandbox.exists { return .stopping }
            switch own {
            case .initializing, .failed: return .stopped
            case .starting, .active, .paused, .maintenance, .stopping, .stopped, .archived:
                return own
            }
        }
    }

    var preemptedText: String { "preempted: \(preemptionReason)" }

    var shallBeFrozen: Bool { goal == .paused || isHeld || preemption.standsStill }

    mutating func preempt(
        _ new: ProjectRecord.Preemption, _ reason: String, _ turn: inout Turn
    ) {
        if goal == .removed && new != .none || new == preemption { return }
        preemption = new
        preemptionReason = new == .none ? "" : clipped(reason)
        let (severity, text): (Report.Severity, String) =
            switch new {
            case .none: (.notice, "is no longer preempted: \(clipped(reason))")
            case .resting: (.notice, "stands still: \(clipped(reason))")
            case .frozen: (.warning, "is frozen to make room: \(clipped(reason))")
            case .stopped: (.warning, "is stopped to make room: \(clipped(reason))")
            }
        report(severity, "project.preempted", text, &turn)
        if new == .stopped { leaving = StopOrder(.preempted, "preempted: \(clipped(reason))") }
    }

    /// Whether this verb is one of whoever wants it to run whatever the machine is short of.
    func isLifted(by verb: Verb) -> Bool {
        if preemption == .none { return false }
        switch verb {
        case .start, .restart, .resume, .maintain: return true
        case .stop, .pause, .archive, .remove: return false
        }
    }

    /// Whether it would run if nothing were taken from it.
    var isActiveBeneath: Bool { preemption != .none && (goal == .active || goal == .maintenance) }

    /// It is remembered, so that it is not taken again for the same reason.
    mutating func lift(by actor: UInt32?, _ turn: inout Turn) {
        switch preemption {
        case .none: break
        case .resting: isAwake = true
        case .frozen, .stopped: isSpared = true
        }
        preempt(.none, actor.map { "user \($0) wants it to run" } ?? "it was asked to run", &turn)
    }

    /// Its work hours begin: nobody has to want it to run any more.
    mutating func beginHours(_ turn: inout Turn) {
        isAwake = false
        if preemption == .resting { preempt(.none, "its work hours begin", &turn) }
    }

    // MARK: Continuing

    /// Of the same boot. Whatever has a sandbox has a place, whoever wrote the record.
    mutating func restorePlace(_ record: ProjectRecord) {
        preemption = record.preemption
        preemptionReason = record.preemptionReason
        isSpared = record.isSpared
        admission = sandbox.exists ? .admitted : record.admission
    }
}
