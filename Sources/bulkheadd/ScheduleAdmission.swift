internal import Configuration
internal import EventLoop
internal import Journal
internal import Ledger
internal import Plan
internal import Quotas
internal import Scheduling
internal import Supervision
internal import Syscalls

/// Who may run: no more projects than the configuration says, and no more guarantees than the machine can
/// keep. It holds whatever the strategy is.
extension Supervisor {
    /// A project that waits for room.
    struct Waiting {
        let entry: AdmissionQueue.Entry
        let verdict: AdmissionQueue.Verdict
    }

    /// What guarantees may sum up to: what the configuration gives all projects together, or the machine
    /// without what is kept for the system.
    var guaranteedMost: Amounts {
        let all = scheduledCapacity
        return Amounts(
            cpu: all[.cpu], memory: all[.memory], disk: .greatestFiniteMagnitude,
            slots: .greatestFiniteMagnitude)
    }

    private var admissionQueue: AdmissionQueue {
        let global = active.configuration.global
        return AdmissionQueue(
            ageing: schedule.tunables.ageingMilliseconds,
            runningMax: global.maxConcurrentProjects.map { Int($0) } ?? Int.max,
            capacity: guaranteedMost)
    }

    /// Those that wait, in the order in which they start, and what for.
    func admissions() -> [Waiting] {
        let places = fleet.places
        var running: [Amounts] = []
        var waiting: [AdmissionQueue.Entry] = []
        for (project, admission) in places {
            guard let policy = fleet.policy(of: project) else { continue }
            let guarantee = Self.guarantee(of: effectiveLimits(of: project))
            switch admission {
            case .none: continue
            case .admitted: running.append(guarantee)
            case .asked(let since):
                waiting.append(
                    AdmissionQueue.Entry(
                        project: project, priority: policy.priority, arrival: since / 1_000,
                        guarantee: guarantee))
            }
        }
        return admissionQueue.decide(
            waiting, running: running, now: monotonicMicroseconds() / 1_000
        ).map { Waiting(entry: $0.entry, verdict: $0.verdict) }
    }

    static func guarantee(of limits: Limits) -> Amounts {
        Amounts(
            cpu: Double(limits.cpuMin?.millicores ?? 0),
            memory: Double(limits.memoryMin?.count ?? 0))
    }

    /// Those that there is room for now; who has to wait is told once.
    func takeAdmissions() -> [Event] {
        if !schedule.isAdmissionDue || schedule.waiting.isEmpty || schedule.isAdmissionHeld {
            return []
        }
        schedule.isAdmissionDue = false
        var admitted: [Event] = []
        var waiting: Set<ProjectName> = []
        for each in admissions() {
            let project = each.entry.project
            switch each.verdict {
            case .runs: admitted.append(.admitted(project))
            case .waits(_, let why):
                waiting.insert(project)
                if schedule.toldToWait.insert(project).inserted {
                    note(
                        Report(
                            project: project, severity: .warning, kind: "project.queued",
                            text: "waits for room: \(Self.text(why))"))
                }
            }
        }
        schedule.waiting = waiting
        schedule.toldToWait.formIntersection(waiting)
        return admitted
    }

    /// Something changed that may make room: a limit, a configuration.
    func admitWhoFits() {
        schedule.isAdmissionDue = true
        drain()
    }

    static func text(_ shortage: AdmissionQueue.Shortage) -> String {
        switch shortage {
        case .projects(let most):
            "max_concurrent_projects allows \(most), and as many run"
        case .resource(let resource, let wanted, let free):
            "\(text(wanted, of: resource)) of \(resource) are guaranteed to it, and "
                + "\(text(free, of: resource)) can still be guaranteed"
        case .turn(let project): "\(project) has waited too long to be passed"
        }
    }

    /// An amount for people: `1.5`, `512M`, `3`.
    static func text(_ amount: Double, of resource: Resource) -> String {
        // What is unlimited is more than any machine has.
        let whole = UInt64(min(max(amount, 0), 9e18))
        switch resource {
        case .cpu: return "\(CPUBandwidth(millicores: UInt32(clamping: whole)))"
        case .memory, .disk: return "\(Bytes(whole))"
        case .slots: return "\(whole)"
        }
    }
}
