internal import Audit
internal import EventLoop
internal import JSONTree
internal import Launch
internal import Ledger
internal import Observing
internal import Plan
internal import Policy
internal import Supervision
internal import Syscalls
internal import Varlink
internal import VarlinkWire

/// Runs: begun, heard of, ended.
extension Supervisor {
    // MARK: Begin

    func startService(_ id: RunID, _ project: ProjectName, _ name: WorkloadName) {
        let run = HeldRun(id, project, name, .service)
        guard let held = sandboxes[project], let policy = effectivePolicy(of: project),
            let service = policy.service(name)
        else {
            // The state machine starts none without a sandbox; one that was lost this moment says so.
            _ = writeRun(id, .refused(reason: "its sandbox is gone"))
            return handle(.runRefused(id, reason: "its sandbox is gone"))
        }
        run.logMark = kernelLog?.mark ?? 0
        runs[id] = run
        do {
            let plan = try WorkloadPlan(service: service, in: policy)
            run.command = plan.command
            run.identity = plan.identity
            held.noteReported(id)
            try held.sandbox.spawn(
                id, name, .service, plan,
                service.terminal ? .terminal(rows: 24, columns: 80) : .logged)
        } catch {
            runRefused(run, reason: host.text(error))
        }
    }

    // MARK: Signals

    func signalRun(_ id: RunID, _ signal: UInt8) {
        guard let run = runs[id], let held = sandboxes[run.project] else { return }
        held.signal(id, signal)
    }

    func killRun(_ id: RunID) {
        guard let run = runs[id], let held = sandboxes[run.project] else { return }
        held.sandbox.kill(id)
    }

    // MARK: What came of it

    func runStarted(_ run: HeldRun, pid: Int32, terminal: PassedDescriptor?) {
        let isNew = !run.isAnswered && run.pid == nil
        run.isAnswered = true
        defer { freezeIfDue(run.project) }
        if isNew && pid == 0 && run.kind != .probe {
            // Its end is told next: what ends has begun.
            recordOrKeep(record(.runStarted, "run \(run.id) has begun, and is over", of: run))
        }
        if run.pid == nil, pid > 0 {
            run.pid = pid
            if let held = sandboxes[run.project] {
                followDenials(of: run, in: held)
                watchCounters(of: run, in: held)
                limitsAreInForce(of: run, in: held)
            }
            run.startedAt = monotonicMicroseconds()
            // That it runs is no promise to anybody who waits for its end; to others it is all that they
            // are told.
            let isPromise = run.caller.map { run.isDetached || !$0.wantsMore } ?? false
            if run.kind != .probe {
                _ = writeRun(
                    run.id, .running(pid: pid), isPromise ? .power : .process, nil,
                    record(.runStarted, "run \(run.id) has begun", of: run))
            }
        }
        if run.isCut { killRun(run.id) }
        switch run.kind {
        case .service: handle(.runStarted(run.id))
        case .task, .exec: callerHears(run, pid: pid, terminal: terminal)
        case .probe: return
        }
    }

    /// - Parameter exitStatus: what a command line ends with that wanted it run, as env(1) does.
    func runRefused(_ run: HeldRun, reason: String, exitStatus: Int32 = 125) {
        let isWritten =
            run.kind == .probe
            || writeRun(
                run.id, .refused(reason: reason), .process, nil,
                record(.runRefused, "run \(run.id) was not started: \(printable(reason))", of: run))
        leave(run, acknowledging: isWritten)
        let failure = Failure.notStarted(
            run.project, "\(run.project)/\(run.workload) was not started: \(reason)", hint: "",
            exitStatus: exitStatus)
        run.caller?.fail(failure)
        for listener in run.listeners { listener.fail(failure) }
        switch run.kind {
        case .service: handle(.runRefused(run.id, reason: reason))
        case .task, .exec: return
        case .probe: probeRunEnded(run, .failed(reason: reason))
        }
    }

    /// - Parameter reason: why its sandbox is gone, where that ended it.
    func runEnded(_ run: HeldRun, _ end: RunEnd, lost reason: String? = nil) {
        // Before its cgroup goes, which is all that knows.
        let account = account(of: run, end, lost: reason ?? "")
        unwatch(run)
        let cause = account?.text ?? "exited with status 0"
        let isWritten =
            run.kind == .probe
            || writeRun(
                run.id, .ended(end, cause: cause),
                // Whoever hears that it has ended may rely on it.
                run.caller != nil || !run.listeners.isEmpty ? .power : .process, account,
                record(
                    .runEnded, "run \(run.id) has ended: \(printable(cause))", of: run,
                    cause: (account?.cause ?? .exited).rawValue, isWell: account == nil))
        leave(run, acknowledging: isWritten)
        // Whoever waits for it, also for a service's run.
        listenersHear(run, end, cause)
        switch run.kind {
        case .service: handle(.runEnded(run.id, end))
        case .task, .exec: return
        case .probe:
            let passed = end == .exited(code: 0)
            probeRunEnded(
                run, passed ? .passed : .failed(reason: "status \(end.exitStatus)"))
        }
    }

    /// Of a run's beginning and end.
    ///
    /// - Parameter isWell: nothing made it end, and it did not fail.
    private func record(
        _ kind: AuditKind, _ text: String, of run: HeldRun, cause: String = "",
        isWell: Bool = true
    ) -> AuditEntry {
        var entry = AuditEntry(
            kind, text, project: run.project, workload: run.workload, run: run.id,
            priority: isWell ? nil : 5)
        if let pid = run.pid { entry.add(AuditField.objectPID, String(pid)) }
        entry.add(AuditField.cause, cause)
        if kind == .runStarted {
            entry.add(AuditField.command, printable(ControlAction.words(run.command)))
            entry.add(AuditField.task, run.task?.text ?? "")
            if let identity = run.identity {
                entry.add(AuditField.runUser, String(identity.user))
                entry.add(AuditField.runGroup, String(identity.group))
            }
        }
        if kind == .runStarted, let profile = effectivePolicy(of: run.project)?.seccompProfile {
            entry.add(AuditField.profile, profile)
            let digest = sandboxes[run.project]?.sandbox.filterDigest(of: profile)
            entry.add(AuditField.filter, digest ?? "")
        }
        return entry
    }

    /// It is over: init may forget it, and its cgroup goes with whatever it left in there.
    private func leave(_ run: HeldRun, acknowledging: Bool) {
        endDenials(of: run)
        runs[run.id] = nil
        unwatchLimits(&run.limitWatches)
        forgetLimits(of: run)
        freezeIfDue(run.project)
        run.timer = nil
        run.returnTimer = nil
        endRecorder(of: run)
        refuseTerminal(of: run, .failed("\(run.project)/\(run.workload) has ended"))
        cancelProbes(of: run.id)
        if acknowledging { sandboxes[run.project]?.acknowledge(run.id) }
        discard(run.id, of: run.project)
    }

    /// The end of this run is written down now.
    func acknowledge(_ run: RunID) {
        for held in sandboxes.values { held.acknowledge(run) }
    }

    func discard(_ run: RunID, of project: ProjectName) {
        guard let held = sandboxes[project] else { return }
        if held.removeLeaf(run) { return }
        leftovers.append(Leftover(project: project, run: run))
        keepHouseSoon()
    }

    func removeLeftovers() {
        leftovers.removeAll { leftover in
            guard let held = sandboxes[leftover.project] else { return true }
            return held.removeLeaf(leftover.run)
        }
    }
}
