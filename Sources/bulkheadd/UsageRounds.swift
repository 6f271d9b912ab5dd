internal import Cgroups
internal import EventLoop
internal import JSONTree
internal import Launch
internal import Plan
internal import Supervision
internal import Syscalls
internal import Varlink

/// Somebody who is told what projects use: once, or again and again.
final class UsageReader {
    let call: Call
    /// Nil: all of them.
    let project: ProjectName?
    /// Microseconds between two replies; nil: there is one.
    let interval: Int64?
    /// When the next one is due.
    fileprivate(set) var dueAt: Int64

    init(_ call: Call, _ project: ProjectName?, interval: Int64?, dueAt: Int64) {
        self.call = call
        self.project = project
        self.interval = interval
        self.dueAt = dueAt
    }
}

/// Reads the cgroups of projects for everybody whose reply is due, a few of them at a time, with others
/// answered in between; and each only once, however many wait for it.
final class UsageRounds {
    /// Cgroups that are read before others have their turn: about a millisecond.
    private static let readAtOnceMax = 16

    /// What is read at the end: a project, one of its runs, or a service that has none.
    private enum Target {
        case project(ProjectName)
        case run(RunID, ProjectName)
        case service(WorkloadName, ProjectName)
    }

    private unowned let supervisor: Supervisor
    private var readers: [UsageReader] = []
    /// Whose replies the round under way is for; empty: none is.
    private var waiting: [UsageReader] = []
    private var targets: ArraySlice<Target> = []
    private var found: [(project: ProjectName, usage: JSON)] = []
    private var timer: TimerSource?
    private var next: DeferredSource?

    init(_ supervisor: Supervisor) throws(SystemCallError) {
        self.supervisor = supervisor
        timer = try supervisor.loop.timer { [unowned self] in begin() }
        next = try supervisor.loop.deferred { [unowned self] in goOn() }
    }

    func add(_ reader: UsageReader) {
        readers.append(reader)
        reader.call.onHangUp { [unowned self, weak reader] in
            readers.removeAll { $0 === reader }
            waiting.removeAll { $0 === reader }
            arm()
        }
        arm()
    }

    /// Sets the clock for the reader who is due first.
    private func arm() {
        guard waiting.isEmpty, targets.isEmpty, let first = readers.map(\.dueAt).min() else {
            timer?.disarm()
            return
        }
        timer?.set(at: first)
    }

    private func begin() {
        let now = supervisor.loop.now
        waiting = readers.filter { $0.dueAt <= now }
        if waiting.isEmpty { return arm() }
        let isOfAll = waiting.contains { $0.project == nil }
        var runs: [ProjectName: [HeldRun]] = [:]
        for run in supervisor.runs.values where run.pid != nil {
            runs[run.project, default: []].append(run)
        }
        var list: [Target] = []
        for view in supervisor.fleet.views {
            let name = view.policy.name
            guard isOfAll || waiting.contains(where: { $0.project == name }) else { continue }
            list.append(.project(name))
            let ofProject = (runs[name] ?? []).sorted {
                ($0.workload, $0.id.rawValue) < ($1.workload, $1.id.rawValue)
            }
            for run in ofProject { list.append(.run(run.id, name)) }
            // What should be there and is not; of a project that is not there all of that is clear.
            if supervisor.sandboxes[name] == nil { continue }
            for service in view.services where service.run == nil && service.phase.isMissing {
                list.append(.service(service.name, name))
            }
        }
        targets = list[...]
        found.removeAll(keepingCapacity: true)
        next?.trigger()
    }

    private func goOn() {
        for target in targets.prefix(Self.readAtOnceMax) {
            let project: ProjectName
            let usage: JSON?
            switch target {
            case .project(let name):
                (project, usage) = (name, supervisor.usage(of: name, nil))
            case .run(let run, let name):
                (project, usage) = (name, supervisor.usage(of: name, run))
            case .service(let service, let name):
                (project, usage) = (name, supervisor.usage(ofIdle: service, in: name))
            }
            if let usage { found.append((project, usage)) }
        }
        targets = targets.dropFirst(Self.readAtOnceMax)
        if !targets.isEmpty && !waiting.isEmpty {
            next?.trigger()
            return
        }
        targets = []
        finish()
    }

    private func finish() {
        let machine = supervisor.machineUsage()
        let at = JSON.integer(realtimeNanoseconds() / 1_000)
        // After the time that is told, so that no two of them are nearer than asked for.
        let now = monotonicMicroseconds()
        let due = waiting
        waiting = []
        for reader in due {
            var usage: [JSON] = []
            for (project, each) in found
            where reader.project == nil || reader.project == project {
                usage.append(each)
            }
            if let interval = reader.interval { reader.dueAt = now + interval }
            if reader.interval == nil { readers.removeAll { $0 === reader } }
            reader.call.reply(
                ["at_us": at, "machine": machine, "projects": .array(usage)],
                continues: reader.interval != nil)
        }
        found.removeAll(keepingCapacity: true)
        arm()
    }
}

extension ServicePhase {
    /// Whether it is wanted, and does not run.
    fileprivate var isMissing: Bool {
        switch self {
        case .waiting, .backingOff, .parked: true
        case .stopped, .starting, .running, .stopping, .held: false
        }
    }
}
