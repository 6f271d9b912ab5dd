internal import Audit
internal import EventLoop
internal import Journal
internal import Launch
internal import Ledger
internal import Plan
internal import Supervision
internal import Syscalls

/// At the start: what the ledger says there should be is compared with what there is. What lives is
/// taken over, what was half made is undone, what has ended is told.
extension Supervisor {
    /// Takes over every sandbox that the ledger knows. What their runs did meanwhile comes with init's
    /// report, through the loop.
    ///
    /// - Parameter hadDeparted: whether the last supervisor ended as it was told to.
    func reconcile(hadDeparted: Bool) throws {
        let unfinished = try ledger.unfinishedRuns()
        let ofProject = Dictionary(grouping: unfinished, by: \.project)
        for row in unfinished {
            let run = HeldRun(row)
            run.isTakenOver = true
            runs[row.id] = run
            try resume(run, row)
        }
        try tellEndsThatAreKnown()
        // What ended with the machine after the supervisor was told to end, was stopped with it; what did
        // not, was lost.
        if hadDeparted, try ledger.sandboxes().contains(where: { $0.boot != ledger.boot }) {
            departure = StopOrder(
                .supervisorStop, "the supervisor was stopped, and then the machine")
        }
        var adopted = 0
        var lost = 0
        for record in try ledger.sandboxes() {
            if adopt(record, ofProject[record.project] ?? []) { adopted += 1 } else { lost += 1 }
        }
        removeStrangers()
        reconcileVolumes()
        for record in try ledger.projects()
        where record.stage != .none && sandboxes[record.name] == nil
            && endings[record.name] == nil
        {
            handle(.sandboxEnded(record.name, reason: "it was gone when the supervisor started"))
        }
        // Runs of sandboxes that are gone: nobody will tell more of them.
        for run in runs.values where sandboxes[run.project] == nil {
            runEnded(run, .lost, lost: "it ended while no supervisor was there")
        }
        departure = nil
        try resumeSessions()
        try resumeRecordings()
        // Always: what has no record of its own until here was not taken over.
        recordOrKeep(
            AuditEntry(
                .supervisorReconciled,
                "took over \(counted(adopted, "sandbox", "sandboxes")); \(lost) \(lost == 1 ? "was" : "were") gone or half made",
                priority: lost > 0 ? 4 : nil))
    }

    /// Between the end of a run and what the state machines make of it, the last supervisor may have been
    /// killed: the end is written down, init has forgotten it, and nobody would tell it again.
    private func tellEndsThatAreKnown() throws(LedgerError) {
        for record in try ledger.projects() {
            for service in record.services {
                guard let run = service.run, runs[run] == nil else { continue }
                switch try ledger.run(run)?.state {
                case .ended(let end, _): handle(.runEnded(run, end))
                case .refused(let reason): handle(.runRefused(run, reason: reason))
                case .intended, .running: continue
                case nil: handle(.runRefused(run, reason: "it was never written down"))
                }
            }
        }
    }

    /// - Parameter unfinished: the runs that may be in it.
    private func adopt(_ record: SandboxRecord, _ unfinished: [RunRow]) -> Bool {
        let project = record.project
        do {
            guard let policy = effectivePolicy(of: project) else {
                throw Failure.failed("its project is not configured any more")
            }
            if record.pid == 0 {
                throw Failure.failed("it was half made when the supervisor ended")
            }
            let sandbox = try takeOver(record, policy, unfinished)
            // The last supervisor may have been killed while it held everything still for a moment.
            let isStill =
                fleet.record(of: project)?.goal == .paused
                || fleet.preemption(of: project).standsStill
            if !isStill { sandbox.askToFreeze(false) }
            try recallLimits(of: try hold(sandbox, policy, isReported: false), policy)
            recordOrKeep(
                AuditEntry(
                    .sandboxAdopted, "its sandbox was taken over", project: project,
                    details: [(AuditField.objectPID, String(record.pid))]))
            // The last supervisor may have been killed before it could take in that it had made it.
            handle(.sandboxLaunched(project))
            return true
        } catch {
            let reason = host.text(error)
            for run in runs.values where run.project == project {
                runEnded(run, .lost, lost: reason)
            }
            recordOrKeep(
                AuditEntry(
                    .sandboxEnded, "its sandbox was not taken over: \(printable(reason))",
                    project: project, priority: 4))
            clearRemains(of: project, then: .sandboxEnded(project, reason: reason))
            return false
        }
    }

    /// What cannot be taken over is ended, so a machine that is short of something for a moment gets
    /// another chance, as long as the process that should be its init is there.
    private func takeOver(
        _ record: SandboxRecord, _ policy: ProjectPolicy, _ unfinished: [RunRow]
    ) throws(LaunchError) -> LiveSandbox {
        var attempts = 0
        while true {
            do throws(LaunchError) {
                return try LiveSandbox.adopt(
                    record, host.resources, logRate: policy.logRate,
                    directory: directory(of: record.project),
                    cgroupParent: options.cgroupParent, runs: unfinished)
            } catch {
                attempts += 1
                let isThere = record.boot == ledger.boot && host.hasProcess(record.pid)
                if attempts == Self.attemptsMax || !isThere { throw error }
            }
            sleep(milliseconds: 100)
        }
    }

    private static let attemptsMax = 3

    /// Control sockets of sandboxes that the ledger does not know: it was lost, or replaced by an older
    /// one. Nobody can answer for them.
    private func removeStrangers() {
        for project in host.projectsWithRemains()
        where sandboxes[project] == nil && endings[project] == nil {
            clearRemains(of: project, then: nil)
        }
    }
}
