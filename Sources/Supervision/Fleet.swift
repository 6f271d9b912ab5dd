public import Plan

/// All projects: what happens goes in, what has to be done comes out.
///
/// It knows no clock, no kernel and no file. Every moment it is given must be no earlier than the one
/// before. What it says depends on nothing but what it was told, so the same events and the same seed
/// lead to the same effects, also when it was restored from its records in between.
public struct Fleet: Sendable {
    var projects: [ProjectName: ProjectMachine] = [:]
    var graph = DependencyGraph()
    /// Another number: other projects, or other policies.
    public private(set) var revision = 0
    private let seed: UInt64
    /// Whether a project is launched only when it was admitted.
    let isGated: Bool
    private var nextRun: UInt64
    private var owners: [RunID: Owner] = [:]
    /// Since `shutDown`.
    public internal(set) var isClosing = false
    /// When it was restored, until the first `timePassed` after it.
    private var restoredAt: Moment?

    struct Owner: Hashable {
        let project: ProjectName
        let service: WorkloadName
    }

    /// Of no projects; `Event.configured` brings them.
    ///
    /// - Parameters:
    ///   - nextRun: never used before on this machine, nor is any above it.
    ///   - seed: moves delays, so that not all services of all machines start at once.
    ///   - isGated: whether projects ask by `Effect.admit` before they are launched. Those that have a
    ///     sandbox have been admitted.
    public init(nextRun: RunID, seed: UInt64, isGated: Bool = false) {
        self.seed = seed
        self.isGated = isGated
        self.nextRun = nextRun.rawValue
    }

    /// Continues where another one, which was killed, had stored `records`.
    ///
    /// Then it has to be told what became of everything: for each project whose record has a sandbox,
    /// `sandboxEnded` if that is gone (or was never whole), `sandboxLaunched` if it was being made and
    /// is there; for each run in a record `runStarted` if it lives, `runEnded`, or `runRefused` if it
    /// was never started. Until then nothing is asked of that run. After all that it has to be told
    /// `timePassed`, for which `nextDeadline` is at once: that brings what is due, and repeats what the
    /// killed one may not have got to.
    ///
    /// - Parameters:
    ///   - policies: those that were in force then; a later configuration comes by `configured`.
    ///     A record without a policy is one of a project that is to be removed.
    ///   - sameBoot: whether the kernel that ran then still runs. If not, there is no sandbox and no
    ///     run, and everything that was to be up is started again.
    public init(
        restoring policies: [ProjectPolicy], records: [ProjectRecord], nextRun: RunID, seed: UInt64,
        at now: Moment, sameBoot: Bool, isGated: Bool = false
    ) {
        self.init(nextRun: nextRun, seed: seed, isGated: isGated)
        restoredAt = now
        for policy in policies {
            projects[policy.name] = ProjectMachine(policy, isGated: isGated)
        }
        for record in records {
            let isConfigured = projects[record.name] != nil
            var unconfigured = ProjectPolicy(name: record.name, path: "/")
            unconfigured.status = record.declared
            var machine = ProjectMachine(
                projects[record.name]?.policy ?? unconfigured, restoring: record, at: now,
                sameBoot: sameBoot, isGated: isGated)
            if isConfigured {
                machine.noteDeclared(since: record)
            } else {
                machine.goal = .removed
            }
            projects[record.name] = machine
        }
        rebuildGraph()
        for name in graph.order {
            if case let runs?? = with(name, { $0.noteRuns() }) { note(runs, of: name) }
        }
    }

    // MARK: Events

    /// Takes in what happened at `now`.
    ///
    /// - Returns: what is to be done, in this order: records come first, so that what is begun is
    ///   written down before.
    /// - Throws: only for `requested`, and then nothing has changed.
    public mutating func apply(_ event: Event, at now: Moment) throws(VerbRefused) -> [Effect] {
        if case .shutDown = event { isClosing = true }
        var turn = Turn(now: now, seed: seed, isClosing: isClosing, nextRun: nextRun)
        var touched: [ProjectName] = []
        switch event {
        case .configured(let policies):
            configure(policies, &turn)
            touched = graph.order
        case .requested(let verb, let name, let service, let actor):
            if try request(verb, name, service, by: actor, &turn) { touched = [name] }
        case .admitted(let name):
            projects[name]?.admitted()
            touched = [name]
        case .preempted(let name, let preemption, let reason):
            projects[name]?.preempt(preemption, reason, &turn)
            touched = [name]
        case .hoursBegan(let name):
            projects[name]?.beginHours(&turn)
            touched = [name]
        case .machineEased:
            touched = graph.order.filter { isSpared($0) }
            for name in touched { projects[name]?.isSpared = false }
        case .sandboxLaunched(let name):
            projects[name]?.sandboxLaunched(&turn)
            touched = [name]
        case .sandboxRefused(let name, let reason):
            projects[name]?.sandboxRefused(reason, &turn)
            touched = [name]
        case .sandboxEnded(let name, let reason):
            projects[name]?.sandboxEnded(reason, &turn)
            touched = [name]
        case .runStarted(let run):
            touched = tell(run) { $0.runStarted(&turn) }
        case .runRefused(let run, let reason):
            touched = tell(run) { $0.runRefused(reason, &turn) }
        case .runEnded(let run, let end):
            touched = tell(run) { $0.runEnded(end, &turn) }
        case .notified(let run, let notification):
            touched = tell(run) { $0.notified(notification, &turn) }
        case .probed(let run, let purpose, let result):
            touched = tell(run) { $0.probed(purpose, result, &turn) }
        case .held(let name, let isHeld):
            projects[name]?.hold(isHeld, &turn)
            touched = [name]
        case .shutDown: touched = graph.order
        case .timePassed: touched = timePassed(&turn)
        }
        return settle(touched, &turn)
    }

    /// When something is due by itself: `timePassed` is to be told then, or later. Nil: never.
    public var nextDeadline: Moment? {
        var result = restoredAt
        for (_, project) in projects { result = earlier(result, project.deadline) }
        return result
    }

    /// The number for a run that is no service's: a task, a command, a probe. Each is given once.
    public mutating func takeRun() -> RunID {
        defer { nextRun += 1 }
        return RunID(rawValue: nextRun)
    }

    /// The next number that will be given.
    public var nextRunID: RunID { RunID(rawValue: nextRun) }

    /// What has to be stored of a project; nil where there is none of that name.
    public func record(of name: ProjectName) -> ProjectRecord? { projects[name]?.record }

    /// Whose run it is: of a service, current, and not known to have ended.
    public func owner(of run: RunID) -> (ProjectName, WorkloadName)? {
        owners[run].map { ($0.project, $0.service) }
    }

    /// Why a run is being ended that is a service's; nil where it is not.
    public func stopOrder(of run: RunID) -> StopOrder? {
        guard let owner = owners[run] else { return nil }
        for service in projects[owner.project]?.services ?? [] {
            if case .stopping(let stopping) = service.state, stopping.run == run,
                stopping.cause != .itself
            {
                return stopping.why
            }
        }
        return nil
    }

    /// Who or what ends everything that runs in the project; nil: nobody does.
    public func stopOrder(of project: ProjectName) -> StopOrder? {
        guard let project = projects[project] else { return nil }
        if isClosing { return StopOrder(.supervisorStop, "the supervisor stops everything") }
        switch project.sandbox {
        case .draining, .ending: return project.leaving
        case .none, .delayed, .launching, .up: return nil
        }
    }

    // MARK: Within

    private mutating func timePassed(_ turn: inout Turn) -> [ProjectName] {
        let isFirst = restoredAt != nil
        restoredAt = nil
        var touched: [ProjectName] = []
        for name in graph.order {
            if isFirst { projects[name]?.reassert(&turn) }
            guard let deadline = projects[name]?.deadline, deadline <= turn.now else { continue }
            projects[name]?.timePassed(&turn)
            touched.append(name)
        }
        return isFirst ? graph.order : touched
    }

    /// Tells the service whose run it is. A run that is nobody's has ended long since, or was invented.
    private mutating func tell(
        _ run: RunID, _ change: (inout ServiceMachine) -> Void
    ) -> [ProjectName] {
        guard let owner = owners[run] else { return [] }
        with(owner.project) { $0.change(serviceOf: run, change) }
        return [owner.project]
    }

    /// Lets every touched project, and whoever hangs on what it decides, come to rest. It ends, since
    /// a project is looked at again only when a neighbour has changed, and no change is undone.
    private mutating func settle(_ touched: [ProjectName], _ turn: inout Turn) -> [Effect] {
        // Nothing is decided while it is not known what is there.
        if restoredAt != nil { return finish(touched, turn) }
        var queue = touched
        // Who is in the rest of it; not asked for where nobody hangs on anybody.
        var queued: Set<ProjectName>?
        var settled: [ProjectName] = []
        var next = 0
        while next < queue.count {
            let name = queue[next]
            next += 1
            queued?.remove(name)
            guard let dependencies = with(name, { $0.policy.dependencies }) else { continue }
            let unready = dependencies.filter { projects[$0]?.isReady != true }
            let holdsOn = graph.dependants(of: name).contains {
                projects[$0]?.isLeaving(turn) == true
            }
            let isNews = with(name) { project in
                project.settle(unready: unready, holdsOn: holdsOn, &turn)
                return project.publish(turn)
            }
            settled.append(name)
            let neighbours = isNews == true ? graph.neighbours(of: name) : []
            if neighbours.isEmpty { continue }
            var known = queued ?? Set(queue[next...])
            queued = nil
            for neighbour in neighbours where known.insert(neighbour).inserted {
                queue.append(neighbour)
            }
            queued = known
        }
        return finish(settled, turn)
    }

    /// Puts what is to be written of `names` before all else, and forgets those that have gone.
    private mutating func finish(_ names: [ProjectName], _ turn: Turn) -> [Effect] {
        nextRun = turn.nextRun
        var effects: [Effect] = []
        var gone: [Effect] = []
        for name in names {
            let end = with(name) { project in
                let runs = project.noteRuns()
                let hasGone = project.goal == .removed && project.sandbox == .none
                return (runs: runs, hasGone: hasGone, isNew: !hasGone && project.noteRecord())
            }
            guard let end else { continue }
            if let runs = end.runs { note(runs, of: name) }
            if end.hasGone {
                projects[name] = nil
                gone.append(
                    .report(
                        Report(
                            project: name, severity: .notice, kind: "project.removed",
                            text: "is no longer there")))
                effects.append(.forget(name))
            } else if end.isNew {
                effects.append(.store(name))
            }
        }
        if !gone.isEmpty { rebuildGraph() }
        return effects + turn.deeds + turn.reports + gone
    }

    private mutating func note(_ change: ProjectMachine.RunsChange, of name: ProjectName) {
        for began in change.now {
            owners[began.run] = Owner(project: name, service: began.service)
        }
        for run in change.gone { owners[run] = nil }
    }

    /// Looks at a project, and changes it, where it is: a copy of all that it is takes longer than most of
    /// what is asked. Nil: there is none of that name.
    @discardableResult
    private mutating func with<Result>(
        _ name: ProjectName, _ body: (inout ProjectMachine) -> Result
    ) -> Result? {
        guard let index = projects.index(forKey: name) else { return nil }
        return body(&projects.values[index])
    }

    mutating func rebuildGraph() {
        revision += 1
        graph = DependencyGraph(projects.mapValues(\.policy.dependencies))
    }
}
