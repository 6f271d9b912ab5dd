internal import Cgroups
internal import EventLoop
internal import JSONTree
internal import Launch
internal import Ledger
internal import Observing
internal import Plan
internal import Supervision
internal import Syscalls
internal import Varlink

/// `Explain`: from the ledger for what has ended, from a few control files for what runs. Neither waits
/// for anything.
extension Supervisor {
    /// What is said of a run, a workload or a project.
    private struct Explanation {
        var project: ProjectName
        var workload: WorkloadName?
        var run: RunID?
        /// ended, running, slow or waiting
        var state: String
        var account: RunAccount
        /// Nanoseconds since the epoch.
        var at: Int64?
    }

    func explain(_ call: Call) throws {
        let project = try optionalProjectName(call)
        let found: Explanation
        if let number = call.parameters["run"]?.integer {
            let id = RunID(rawValue: UInt64(bitPattern: number))
            guard let row = try ledger.run(id), project == nil || row.project == project else {
                throw Failure.runNotFound
            }
            found = try explanation(of: row)
        } else {
            guard let project else {
                throw Failure.failed(
                    "neither a project nor a run is named",
                    hint: "name one: bulkhead explain PROJECT[/WORKLOAD]")
            }
            guard let view = fleet.view(of: project) else {
                throw Failure.projectNotFound(project, self)
            }
            if let text = call.parameters["workload"]?.string {
                found = try explanation(of: WorkloadName(text), in: view)
            } else {
                found = try explanation(of: view)
            }
        }
        call.reply(json(found))
    }

    private func json(_ found: Explanation) -> JSON {
        [
            "project": .string(found.project.text),
            "workload": found.workload.map { .string($0.text) },
            "run": found.run.map(JSON.number), "state": .string(found.state),
            "cause": .string(found.account.cause.rawValue), "text": .string(found.account.text),
            "at_us": found.at.map { .integer($0 / 1_000) },
            "evidence": .array(found.account.evidence.map(JSON.string)),
            "log": .array(found.account.log.map(JSON.string)),
            "suggestion": found.account.suggestion.map(JSON.string),
        ]
    }

    // MARK: A run

    private func explanation(of row: RunRow) throws -> Explanation {
        var found = Explanation(
            project: row.project, workload: row.workload, run: row.id, state: "ended",
            account: RunAccount(.exited, ""), at: row.endedAt)
        switch unwrittenEnd(of: row.id) ?? row.state {
        case .ended(let end, let cause):
            // Of one that ended well nothing but that is kept; of one that ended before accounts were,
            // what was said then.
            found.account =
                try unwrittenAccount(of: row.id) ?? ledger.account(of: row.id)
                ?? RunAccount(end == .lost ? .lost : .exited, cause)
        case .refused(let reason):
            found.account = RunAccount(
                .notStarted, "was not started: \(reason)",
                suggestion: "bulkhead status \(row.project)")
        case .intended:
            found.account = RunAccount(.notStarted, "is being started")
            found.state = "waiting"
        case .running:
            let (account, isSlow) = running(row.project, row.workload, row.id)
            found.account = account
            found.state = isSlow ? "slow" : "running"
        }
        return found
    }

    private func running(
        _ project: ProjectName, _ workload: WorkloadName?, _ run: RunID?
    ) -> (RunAccount, isSlow: Bool) {
        var evidence = RunningEvidence(project, workload)
        if let workload { evidence.isConfigured = isConfigured(workload, in: project) }
        guard let sandbox = sandboxes[project]?.sandbox else {
            return (RunAccount(.running, "runs; its sandbox is being taken over"), false)
        }
        evidence.pressure = sandbox.pressure(of: run)
        evidence.usage = run.map { sandbox.usage(of: $0) } ?? sandbox.usage()
        evidence.limits = run.map { sandbox.limitsInForce(of: $0) } ?? []
        evidence.projectLimits = sandbox.limitsInForce()
        evidence.disk = diskUsage(of: project)
        evidence.throttling = throttling(of: project, run, evidence.usage)
        if let run {
            evidence.openFiles = sandbox.openFiles(of: run)
            evidence.killed = killed(in: run, of: project, evidence.usage)
        }
        return evidence.account()
    }

    private func killed(
        in id: RunID, of project: ProjectName, _ usage: CgroupUsage
    ) -> [OutOfMemoryKill] {
        guard let kills = usage.memory?.oomKill, kills > 0, let run = runs[id],
            let held = sandboxes[project]
        else { return [] }
        kernelLog?.read()
        return logged(of: run, in: held, among: held.sandbox.killed(in: id))
    }

    /// What happened lately: pressure is of the last ten seconds, and so is this, more or less.
    private func throttling(
        of project: ProjectName, _ run: RunID?, _ usage: CgroupUsage
    ) -> RunningEvidence.Throttling? {
        guard let watch = sandboxes[project]?.counters,
            let looks = run.map({ watch.leaves[$0]?.processor }) ?? watch.processor
        else { return nil }
        let look = looks.one(before: loop.now)
        let added = LimitCounters(usage).since(look.counters)
        if added.throttledPeriods == 0 { return nil }
        return RunningEvidence.Throttling(
            periods: added.periods, throttled: added.throttledPeriods, stopped: added.throttledTime,
            span: UInt64(clamping: loop.now - look.at))
    }

    // MARK: A workload

    private func explanation(
        of workload: WorkloadName, in view: ProjectView
    ) throws -> Explanation {
        let project = view.policy.name
        let service = view.services.first { $0.name == workload }
        let last = try ledger.lastRun(of: workload, in: project)
        if let service, let waiting = waiting(service, in: view) { return waiting }
        guard let last else {
            if service == nil { throw Failure.serviceNotFound(project, workload, self) }
            return Explanation(
                project: project, workload: workload, run: nil, state: "waiting",
                account: neverStarted(view), at: nil)
        }
        return try explanation(of: last)
    }

    /// Of a service that is wanted and waits for others.
    private func waiting(_ service: ServiceView, in view: ProjectView) -> Explanation? {
        guard service.phase == .waiting else { return nil }
        let project = view.policy.name
        let policy = view.policy.service(service.name)
        let missing = view.services.first { other in
            !other.isReady && (policy?.after.contains(other.name) ?? false)
        }
        return Explanation(
            project: project, workload: service.name, run: nil, state: "waiting",
            account: RunAccount(
                .dependency, "is not started yet: it \(service.reason)",
                suggestion: missing.map { "bulkhead explain \(project)/\($0.name)" }
                    ?? "bulkhead status \(project)"), at: nil)
    }

    private func neverStarted(_ view: ProjectView) -> RunAccount {
        RunAccount(
            .notStarted, "was never started: its project is \(view.phase.rawValue)",
            suggestion: "bulkhead start \(view.policy.name)")
    }

    // MARK: A project

    /// What matters most: why it is not there, then what has failed and is not there, then what holds it
    /// up, then what failed last.
    private func explanation(of view: ProjectView) throws -> Explanation {
        let project = view.policy.name
        var found = Explanation(
            project: project, workload: nil, run: nil, state: "waiting",
            account: RunAccount(.notStarted, view.reason), at: nil)
        let unready = view.policy.dependencies.first { fleet.view(of: $0)?.isReady != true }
        if let unready, view.phase == .initializing {
            found.account = RunAccount(
                .dependency, "is not started yet: it \(view.reason)",
                suggestion: "bulkhead explain \(unready)")
            return found
        }
        if view.phase == .failed {
            found.account.text = "has no sandbox: \(view.reason)"
            found.account.suggestion = "bulkhead doctor"
            return found
        }
        let rows = try ledger.runs(of: project, limit: Self.rowsMax)
        for service in view.services where !service.isReady {
            switch service.phase {
            case .backingOff, .parked, .stopped, .stopping:
                if let row = rows.first(where: { $0.workload == service.name }), row.hasFailed {
                    return try explanation(of: row)
                }
            case .waiting:
                // What it waits for may be what failed.
                continue
            case .starting, .running, .held: continue
            }
        }
        for service in view.services {
            if let waiting = waiting(service, in: view) { return waiting }
        }
        if sandboxes[project] != nil {
            let (account, isSlow) = running(project, nil, nil)
            if isSlow || account.cause != .running {
                found.account = account
                found.state = isSlow ? "slow" : "running"
                return found
            }
            if let failed = rows.first(where: \.hasFailed) { return try explanation(of: failed) }
            found.account = account
            found.state = "running"
            return found
        }
        if let last = rows.first(where: \.hasEnded) { return try explanation(of: last) }
        found.account = neverStarted(view)
        return found
    }

    /// Runs of a project that are looked through for one that failed.
    private static let rowsMax = 100
}

extension RunRow {
    fileprivate var hasEnded: Bool {
        switch state {
        case .intended, .running: false
        case .refused, .ended: true
        }
    }

    fileprivate var hasFailed: Bool {
        switch state {
        case .intended, .running: false
        case .refused: true
        case .ended(let end, _): !end.isSuccess
        }
    }
}
