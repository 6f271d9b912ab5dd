import Plan

/// One project: what it shall be, how far its sandbox is, and what follows from both.
struct ProjectMachine {
    typealias Goal = ProjectRecord.Goal

    var policy: ProjectPolicy
    var goal: Goal
    var sandbox = SandboxState.none
    /// Whether it may be launched only when it was admitted.
    let isGated: Bool
    var admission = ProjectRecord.Admission.none
    var preemption = ProjectRecord.Preemption.none
    /// Empty where it is not preempted.
    var preemptionReason = ""
    /// An operator wants it to run outside its hours, and whatever the machine is short of.
    var isAwake = false
    var isSpared = false
    /// Each behind those it comes after; leaving ones last.
    var services: [ServiceMachine] = []
    /// The launch was asked for by a supervisor that is no more.
    var awaitsAdoption = false
    /// Launches that failed in a row.
    var launches = Backoff()
    /// Who or what last changed what it shall be, and so ends what runs in it.
    var leaving: StopOrder?
    /// Its processes are to stand still, and nothing ends it before that is over.
    var isHeld = false
    /// Meanwhile something asked for a new sandbox.
    private var isReplacementDue = false
    /// What keeps it from being launched; empty: nothing.
    var waitReason = ""
    /// As last reported.
    var announced = Announced()
    /// As last stored.
    var stored: ProjectRecord?
    /// Of its services, as last seen by the fleet.
    var runs: [RunID] = []
    private var published: Published?

    /// What other projects hang on.
    private struct Published: Hashable {
        let isReady: Bool
        let isLeaving: Bool
    }

    struct Announced: Hashable {
        var phase: ProjectPhase?
        var isReady = false
    }

    var name: ProjectName { policy.name }

    /// As it would be if nothing were taken from it.
    var ownPhase: ProjectPhase {
        switch goal {
        case .active:
            switch sandbox {
            case .none: .initializing
            case .delayed: .failed
            case .launching(let isStale): isStale ? .stopping : .starting
            case .up: .active
            case .draining, .ending: .stopping
            }
        case .maintenance:
            switch sandbox {
            case .none: .initializing
            case .delayed: .failed
            case .launching(let isStale): isStale ? .stopping : .starting
            case .up: .maintenance
            case .draining, .ending: .stopping
            }
        case .paused:
            switch sandbox {
            case .none, .delayed: .paused
            case .launching(let isStale): isStale ? .stopping : .starting
            case .up: .paused
            case .draining, .ending: .stopping
            }
        case .stopped:
            switch sandbox {
            case .none, .delayed: .stopped
            case .launching, .up, .draining, .ending: .stopping
            }
        case .archived:
            switch sandbox {
            case .none, .delayed: .archived
            case .launching, .up, .draining, .ending: .stopping
            }
        case .removed: .stopping
        }
    }

    var reason: String {
        switch sandbox {
        case .delayed(until: _, let reason): reason
        case .none: preemption == .stopped ? preemptedText : waitReason
        case .up where preemption != .none: preemptedText
        case .launching, .up, .draining, .ending: ""
        }
    }

    /// Active, and every service with a readiness check is ready, every other one runs or has
    /// finished.
    var isReady: Bool {
        switch phase {
        case .active: services.allSatisfy { $0.isLeaving || $0.isReady }
        case .initializing, .starting, .paused, .maintenance, .stopping, .stopped, .failed,
            .archived:
            false
        }
    }

    /// Whether it is to have a sandbox, and so to keep the one it has.
    func wantsSandbox(_ turn: Turn) -> Bool {
        if turn.isClosing || preemption == .stopped { return false }
        switch goal {
        case .active, .maintenance, .paused: return true
        case .stopped, .archived, .removed: return false
        }
    }

    /// Whether it has a sandbox that is on its way out; then what it depends on waits with its own.
    func isLeaving(_ turn: Turn) -> Bool {
        switch sandbox {
        case .none, .delayed: false
        case .launching(let isStale): isStale || !wantsSandbox(turn)
        case .up: !wantsSandbox(turn)
        case .draining, .ending: true
        }
    }

    /// Whether anybody may be told to wait for its end: it exists and nothing ends it.
    func remains(_ turn: Turn) -> Bool { sandbox.exists && !isLeaving(turn) }

    /// Whether what other projects hang on has changed since this was last asked.
    mutating func publish(_ turn: Turn) -> Bool {
        let now = Published(isReady: isReady, isLeaving: isLeaving(turn))
        if now == published { return false }
        published = now
        return true
    }

    mutating func change(serviceOf run: RunID, _ change: (inout ServiceMachine) -> Void) {
        for index in services.indices where services[index].state.run == run {
            change(&services[index])
        }
    }

    // MARK: Sandbox events

    mutating func sandboxLaunched(_ turn: inout Turn) {
        switch sandbox {
        case .launching(let isStale):
            sandbox =
                isStale ? .draining(since: turn.now) : .up(since: turn.now, isFrozen: false)
            awaitsAdoption = false
        case .none, .delayed, .up, .draining, .ending: break
        }
    }

    mutating func sandboxRefused(_ reason: String, _ turn: inout Turn) {
        switch sandbox {
        case .launching(let isStale):
            if isStale || awaitsAdoption {
                sandbox = .none
            } else {
                delay("could not be launched: \(clipped(reason))", &turn)
            }
            awaitsAdoption = false
        case .none, .delayed, .up, .draining, .ending: break
        }
    }

    mutating func sandboxEnded(_ reason: String, _ turn: inout Turn) {
        for index in services.indices { services[index].loseRun() }
        isReplacementDue = false
        switch sandbox {
        case .none, .delayed: break
        case .launching: sandboxRefused(reason, &turn)
        case .draining, .ending: sandbox = .none
        case .up(let since, isFrozen: _):
            if since + Self.launchPolicy.resetAfter <= turn.now { launches.reset() }
            let lost = "its sandbox ended: \(clipped(reason))"
            report(.error, "project.lost", lost, &turn)
            switch goal {
            case .active, .maintenance: delay(lost, &turn)
            case .paused, .stopped, .archived, .removed: sandbox = .none
            }
        }
    }

    private mutating func delay(_ reason: String, _ turn: inout Turn) {
        let chance = chance(turn.seed, name, nil, UInt64(launches.consecutive))
        let span = launches.delay(by: Self.launchPolicy, chance: chance)
        sandbox = .delayed(until: turn.now + span, reason: reason)
    }

    /// A host that cannot launch now mostly cannot in a second either; every five minutes costs
    /// nothing, and finds out when it can.
    static let launchPolicy = RestartPolicy(
        condition: .always, delay: Milliseconds(1_000), delayMax: Milliseconds(300_000),
        jitterPercent: 20, resetAfter: Milliseconds(60_000))

    /// The sandbox is to be made anew, if there is one.
    mutating func replaceSandbox(_ turn: inout Turn) {
        switch sandbox {
        case .up where isHeld && !turn.isClosing: isReplacementDue = true
        case .up(let since, let isFrozen):
            if isFrozen { thaw(&turn) }
            sandbox = .draining(since: since)
        case .launching: sandbox = .launching(isStale: true)
        case .delayed:
            launches.reset()
            sandbox = .none
        case .none, .draining, .ending: break
        }
    }

    mutating func hold(_ isHeld: Bool, _ turn: inout Turn) {
        self.isHeld = isHeld
        if isHeld || !isReplacementDue { return }
        isReplacementDue = false
        replaceSandbox(&turn)
    }

    mutating func freeze(_ turn: inout Turn) {
        turn.deeds.append(.freeze(name))
        for index in services.indices { services[index].freeze() }
    }

    mutating func thaw(_ turn: inout Turn) {
        turn.deeds.append(.thaw(name))
        for index in services.indices { services[index].thaw(turn) }
    }

    func report(
        _ severity: Report.Severity, _ kind: String, _ text: String, _ turn: inout Turn
    ) {
        turn.report(Report(project: name, severity: severity, kind: kind, text: text))
    }
}
