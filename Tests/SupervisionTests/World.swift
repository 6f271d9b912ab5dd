import Plan
import Supervision
import Testbed

/// What a supervisor and a kernel would be to a fleet, and how they really are: sandboxes and runs
/// that do what they are told, or what they like. Everything the fleet asks for is checked here.
struct World {
    enum Sandbox: Equatable {
        case launching
        case up
        case ending
    }

    struct Run {
        let project: ProjectName
        let service: WorkloadName
        /// Nil: asked for, and not yet begun.
        var isAlive = false
        /// That it began was told.
        var isTold = false
        /// How it ended, which was not told yet.
        var end: RunEnd?
        var isSignalled = false
        var isKilled = false
        var probes: Set<HealthCheck.Purpose> = []
    }

    struct Violation: Error, CustomStringConvertible {
        let seed: UInt64
        let step: Int
        let text: String
        var description: String { "seed \(seed), step \(step): \(text)" }
    }

    let seed: UInt64
    var step = 0
    var random: Seeded
    var fleet: Fleet
    var now = Moment(microseconds: 1_000)
    var policies: [ProjectPolicy] = []
    var records: [ProjectName: ProjectRecord] = [:]
    var sandboxes: [ProjectName: Sandbox] = [:]
    var frozen: Set<ProjectName> = []
    /// Those that somebody needs to stand still.
    var held: Set<ProjectName> = []
    /// Those that asked for a place and were not answered.
    var asking: Set<ProjectName> = []
    /// So many may have a sandbox; nil: as many as like.
    var placesMax: Int?
    var runs: [RunID: Run] = [:]
    var latestRun: UInt64 = 0
    /// Nothing fails any more.
    var isKind = false
    /// Just restored: what was asked for before may be asked for again.
    var isRepeating = false
    var trace: [Effect] = []
    var keepsTrace = false
    let generator: RandomPolicies

    init(seed: UInt64, projects: Int = 5) throws {
        self.seed = seed
        random = Seeded(seed)
        generator = try RandomPolicies(projects: projects)
        placesMax = seed % 2 == 1 ? 3 : nil
        fleet = Fleet(nextRun: RunID(rawValue: 1), seed: seed, isGated: placesMax != nil)
    }

    func check(_ isTrue: Bool, _ text: @autoclosure () -> String) throws {
        if !isTrue { throw Violation(seed: seed, step: step, text: text()) }
    }

    /// Says only what differs: these values fill pages.
    func same<Value: Equatable>(_ left: Value, _ right: Value, _ what: String) throws {
        if left == right { return }
        let (left, right) = (Array("\(left)".utf8), Array("\(right)".utf8))
        var index = 0
        while index < min(left.count, right.count), left[index] == right[index] { index += 1 }
        func part(_ text: [UInt8]) -> String {
            String(decoding: text[max(0, index - 100)..<min(text.count, index + 60)], as: UTF8.self)
        }
        try check(false, "\(what): …\(part(left))… is not …\(part(right))…")
    }

    // MARK: Telling

    /// - Parameter deedsMax: how many deeds are done before the supervisor is killed; nil: all.
    mutating func tell(_ event: Event, deedsMax: Int? = nil) throws {
        let effects: [Effect]
        do {
            effects = try fleet.apply(event, at: now)
        } catch {
            if case .requested = event {
                try checkStored()
                return
            }
            throw Violation(seed: seed, step: step, text: "\(event) threw \(error)")
        }
        if case .configured(let new) = event { policies = new }
        if keepsTrace { trace += effects }
        var deeds: [Effect] = []
        for effect in effects {
            switch effect {
            case .store(let name):
                try check(deeds.isEmpty, "store after a deed")
                guard let record = fleet.record(of: name) else {
                    throw Violation(seed: seed, step: step, text: "no record of \(name)")
                }
                try check(records[name] != record, "\(name) stored unchanged")
                records[name] = record
            case .forget(let name):
                try check(sandboxes[name] == nil, "\(name) forgotten with a sandbox")
                records[name] = nil
                held.remove(name)
                policies.removeAll { $0.name == name }
            case .report(let report):
                try check(!report.text.isEmpty && !report.text.contains("\n"), "\(report)")
            case .admit, .launchSandbox, .endSandbox, .freeze, .thaw, .updateLimits, .startRun,
                .signalRun,
                .killRun, .probe:
                deeds.append(effect)
            }
        }
        try checkStored()
        for deed in deeds.prefix(deedsMax ?? deeds.count) { try perform(deed, of: event) }
        if deedsMax == nil, !isRepeating {
            try checkFreezer()
            try checkPlaces()
        }
    }

    /// No more sandboxes than places, and whoever asks is known to wait.
    private func checkPlaces() throws {
        guard let placesMax else { return }
        let places = fleet.places
        let admitted = Set(places.filter { $0.admission == .admitted }.map(\.project))
        try check(isKind || admitted.count <= placesMax, "too many are admitted: \(admitted)")
        for name in sandboxes.keys.sorted() {
            try check(admitted.contains(name), "\(name) has a sandbox and no place")
        }
        for (name, admission) in places where admission != .admitted {
            try check(asking.contains(name), "\(name) waits and has not asked")
            try check(sandboxes[name] == nil, "\(name) waits and has a sandbox")
        }
    }

    /// What is frozen is what is shown as paused, or held.
    private func checkFreezer() throws {
        for view in fleet.views where sandboxes[view.policy.name] == .up {
            let name = view.policy.name
            // What is to end begins with that only when nobody holds it any more; if it had not before.
            if held.contains(name) && view.phase == .stopping { continue }
            let isStill = view.phase == .paused || held.contains(name)
            try check(frozen.contains(name) == isStill, "\(name) is \(view.phase), frozen or not")
        }
    }

    /// What the fleet would continue from is what is stored.
    private func checkStored() throws {
        let views = fleet.views
        try check(views.count == records.count, "\(views.count) projects, \(records.count) records")
        for view in views {
            let name = view.policy.name
            // One without a policy has nothing to know its services by until it was looked at.
            if !isRepeating || view.goal != .removed {
                try same(records[name], fleet.record(of: name), "the record of \(name)")
            }
            for service in view.services {
                try check(service.checks.count <= 16, "history grows")
                try check(
                    records[name]!.services.allSatisfy { $0.failuresAt.count <= 100 },
                    "failures grow")
                guard let run = service.run else { continue }
                let owner = fleet.owner(of: run)
                try check(
                    owner?.0 == name && owner?.1 == service.name, "run \(run) is nobody's")
            }
        }
    }

    // MARK: Doing

    private mutating func perform(_ deed: Effect, of event: Event) throws {
        switch deed {
        case .admit(let name):
            try check(placesMax != nil, "\(name) asked, and nobody is there to answer")
            try check(sandboxes[name] == nil, "\(name) asks and has a sandbox")
            asking.insert(name)
        case .launchSandbox(let name):
            try check(sandboxes[name] == nil, "\(name) launched twice")
            try check(
                fleet.view(of: name)?.admission == .admitted, "\(name) launched without a place")
            try check(fleet.preemption(of: name) != .stopped, "\(name) launched though preempted")
            for dependency in fleet.policy(of: name)?.dependencies ?? [] {
                try check(
                    fleet.view(of: dependency)?.isReady == true,
                    "\(name) launched before \(dependency) is ready")
            }
            sandboxes[name] = .launching
            frozen.remove(name)
        case .endSandbox(let name):
            try check(
                sandboxes[name] == .up || isRepeating,
                "\(name) ended in \(String(describing: sandboxes[name]))")
            try check(!frozen.contains(name), "\(name) ended while frozen")
            try check(
                !runs.values.contains { $0.project == name && $0.isAlive && $0.end == nil },
                "\(name) ended above its runs")
            if sandboxes[name] != nil { sandboxes[name] = .ending }
        case .freeze(let name):
            try check(sandboxes[name] == .up, "\(name) frozen without a sandbox")
            try check(!frozen.contains(name) || isRepeating, "\(name) frozen twice")
            frozen.insert(name)
        case .thaw(let name):
            try check(sandboxes[name] == .up || isRepeating, "\(name) thawed without a sandbox")
            try check(frozen.contains(name) || isRepeating, "\(name) thawed twice")
            frozen.remove(name)
        case .updateLimits(let name):
            try check(sandboxes[name] == .up, "limits of \(name) without a sandbox")
        case .startRun(let id, let name, let service): try start(id, name, service)
        case .signalRun(let id, signal: _):
            try check(runs[id] != nil, "signal to no run \(id)")
            try check(runs[id]?.isTold == true, "signal to run \(id), which did not start")
            // One that started only now was told to stop before.
            if case .runStarted = event {} else { try checkStopOrder(id) }
            runs[id]?.isSignalled = true
        case .killRun(let id):
            try check(runs[id] != nil, "kill of no run \(id)")
            try check(runs[id]?.isKilled == false || isRepeating, "run \(id) killed twice")
            runs[id]?.isKilled = true
        case .probe(let id, let purpose, _):
            try check(runs[id] != nil, "probe of no run \(id)")
            try check(
                runs[id]?.probes.insert(purpose).inserted == true, "\(purpose) asked twice of \(id)"
            )
            try check(!frozen.contains(runs[id]!.project), "probe of a frozen project")
        case .store, .forget, .report: break
        }
    }

    /// When a project stops, nothing is ended that others which stop too come after.
    private func checkStopOrder(_ id: RunID) throws {
        guard let run = runs[id], let project = fleet.view(of: run.project),
            let service = project.services.first(where: { $0.run == id }),
            ["its project stops", "its project is in maintenance"].contains(service.reason)
        else { return }
        for other in project.policy.services where other.after.contains(service.name) {
            let view = project.services.first { $0.name == other.name }
            try check(view?.run == nil, "\(service.name) ended before \(other.name)")
        }
        if project.phase == .maintenance { return }
        for other in fleet.views where other.policy.dependencies.contains(run.project) {
            try check(other.phase != .stopping, "\(run.project) before \(other.policy.name)")
        }
    }

    private mutating func start(
        _ id: RunID, _ name: ProjectName, _ service: WorkloadName
    ) throws {
        try check(id.rawValue > latestRun, "run \(id) is not new")
        latestRun = id.rawValue
        try check(sandboxes[name] == .up, "run \(id) of \(name) without a sandbox")
        try check(!frozen.contains(name), "run \(id) in frozen \(name)")
        try check(
            !runs.values.contains { $0.project == name && $0.service == service },
            "two runs of \(name)/\(service)")
        let view = fleet.view(of: name)
        let policy = fleet.policy(of: name)?.services.first { $0.name == service }
        try check(policy != nil, "\(name)/\(service) started, which is not configured")
        for other in policy?.after ?? [] {
            guard let before = view?.services.first(where: { $0.name == other }) else { continue }
            try check(before.isReady, "\(name)/\(service) started before \(other) is ready")
        }
        runs[id] = Run(project: name, service: service)
    }
}
