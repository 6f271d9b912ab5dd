internal import Audit
internal import Control
internal import EventLoop
internal import Journal
internal import Launch
internal import Ledger
internal import Plan
internal import Policy
internal import Supervision
internal import Syscalls
internal import VarlinkWire
internal import Volumes

/// Sandboxes: made, heard, ended.
extension Supervisor {
    /// The order is what makes a death of ours harmless: first the ledger knows that there may be a
    /// sandbox, then there is one, then the ledger knows which.
    func launchSandbox(of project: ProjectName) {
        guard effectivePolicy(of: project) != nil, sandboxes[project] == nil else { return }
        if putOffForStorage(project) { return }
        if endings[project] != nil {
            return handle(
                .sandboxRefused(project, reason: "what is left of its last sandbox is still ending")
            )
        }
        // What the sandbox is to have of its files may take a while to come up.
        openVolume(of: project, for: .sandbox) { [unowned self] result in
            switch result {
            case .success(let volume): makeSandbox(of: project, volume)
            case .failure(let error):
                clearRemains(
                    of: project, then: .sandboxRefused(project, reason: host.text(error)))
            }
        }
    }

    private func makeSandbox(of project: ProjectName, _ volume: ProjectVolume?) {
        do {
            guard let policy = effectivePolicy(of: project), sandboxes[project] == nil,
                volume.map({ $0.path == policy.path && $0.form == policy.storage }) ?? true
            else { throw Failure.failed("its configuration has changed meanwhile") }
            let plan = try host.sandboxPlan(for: policy, volume)
            try remember(
                SandboxRecord(
                    project: project, range: IDRange(index: 0), pid: 0, startTime: 0,
                    boot: ledger.boot, cgroup: "", launchedAt: realtimeNanoseconds()))
            let sandbox = try LiveSandbox.launch(
                project, plan, host.resources, logRate: policy.logRate,
                directory: directory(of: project))
            do {
                try remember(
                    sandbox.record, AuditEntry(launched: sandbox.record, policy, plan))
                limitsAreInForce(
                    policy.limits, of: try hold(sandbox, policy, isReported: true))
            } catch {
                // What nobody could find again must not live.
                _ = try? sandbox.end(withinMilliseconds: Self.endMillisecondsMax)
                throw error
            }
        } catch {
            let reason = host.text(error)
            recordOrKeep(
                AuditEntry(
                    .sandboxRefused, "its sandbox could not be made: \(printable(reason))",
                    project: project))
            return clearRemains(of: project, then: .sandboxRefused(project, reason: reason))
        }
        handle(.sandboxLaunched(project))
    }

    /// For one that has just begun: its init and nothing else.
    private static let endMillisecondsMax: Int64 = 5_000

    /// Where its control socket is.
    func directory(of project: ProjectName) -> String { "\(options.sandboxes)/\(project)" }

    func remember(
        _ record: SandboxRecord, _ entry: AuditEntry? = nil
    ) throws(LedgerError) {
        try ledger.transaction(.process) { changes throws(LedgerError) in
            try changes.save(record)
            if let entry { try changes.append(entry) }
        }
    }

    func forgetSandbox(of project: ProjectName, _ entry: AuditEntry? = nil) {
        releaseVolume(of: project, .sandbox)
        // A row that stays says that there may be a sandbox; the next start looks, and finds none.
        do throws(LedgerError) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.removeSandbox(of: project)
                try changes.removeLimits(of: project)
                if let entry { try changes.append(entry) }
            }
        } catch {
            journal.report(error)
            if let entry { keep(entry, error) }
        }
    }

    func hold(
        _ sandbox: LiveSandbox, _ policy: ProjectPolicy, isReported: Bool
    ) throws(SystemCallError) -> HeldSandbox {
        let project = policy.name
        let held = HeldSandbox(sandbox, policy, isReported: isReported)
        followDenials(held)
        try listen(to: held)
        held.endSource = try loop.watch(sandbox.initDescriptor, for: .readable) {
            [unowned self, unowned held] _ in initEnded(held)
        }
        sandboxes[project] = held
        scheduleSoon("join")
        watchLimits(of: held)
        watchCounters(of: held)
        return held
    }

    private func listen(to held: HeldSandbox) throws(SystemCallError) {
        guard let descriptor = held.sandbox.controlDescriptor else { return }
        held.controlSource = try loop.watch(descriptor, for: .readable) {
            [unowned self, unowned held] _ in _ = hear(held)
        }
    }

    // MARK: Ending

    /// Kills it, and takes it away as soon as the kernel has ended everything in it.
    func endSandbox(of project: ProjectName) {
        if let held = sandboxes[project] {
            held.isEnding = true
            return clearAfterLastWords(of: held)
        }
        // It was never made, or lost already.
        clearRemains(of: project, then: .sandboxEnded(project, reason: ""))
    }

    /// Takes away what is left of a sandbox that nobody holds, found by its project's name alone, and
    /// tells `event` when nothing is.
    func clearRemains(of project: ProjectName, then event: Event?) {
        do throws(LaunchError) {
            let remains = try LiveSandbox.removeRemains(
                of: project, directory: directory(of: project), cgroupParent: options.cgroupParent)
            if remains == .ending {
                endings.updateValue(event, forKey: project)
                return keepHouseSoon()
            }
        } catch {
            // The same again in a while: nothing new is made in its place as long as it is there.
            journal.report(error)
            endings.updateValue(event, forKey: project)
            return keepHouseSoon()
        }
        endings.removeValue(forKey: project)
        forgetSandbox(of: project)
        if let event { handle(event) }
    }

    /// Its init has ended, and with it everything inside: pid_namespaces(7).
    private func initEnded(_ held: HeldSandbox) {
        // It stays readable.
        held.endSource?.cancel()
        held.endSource = nil
        clearAfterLastWords(of: held)
    }

    /// Hears everything that it has said already, which is no more than what a socket holds: ends of runs
    /// that it has told are known ends. What it said may have led to its being cleared.
    private func clearAfterLastWords(of held: HeldSandbox) {
        for _ in 0..<Self.roundsMax where sandboxes[held.policy.name] === held {
            if hear(held) == 0 { break }
        }
        if sandboxes[held.policy.name] === held { clear(held) }
    }

    /// A socket holds no more packets than this many times what is heard at once.
    private static let roundsMax = 64

    private func clear(_ held: HeldSandbox) {
        let project = held.policy.name
        let wasWanted = held.isEnding
        let reason = wasWanted ? "" : "its init ended"
        let event = Event.sandboxEnded(project, reason: reason)
        // Its cgroups go with it, which is all that says whose a denial was.
        lookAtDenials(namingAll: true)
        // It is over; `end` is asked until nothing is left.
        held.stopListening()
        unwatchLimits(&held.limitWatches)
        unwatchCounters(of: held)
        do throws(LaunchError) {
            if try !held.sandbox.end() {
                endings[project] = event
                return keepHouseSoon()
            }
        } catch {
            journal.report(error)
            endings[project] = event
            return keepHouseSoon()
        }
        endings.removeValue(forKey: project)
        sandboxes[project] = nil
        scheduleSoon("leave")
        for run in runs.values where run.project == project {
            runEnded(run, .lost, lost: wasWanted ? "it was ended" : reason)
        }
        leftovers.removeAll { $0.project == project }
        forgetSandbox(
            of: project,
            AuditEntry(
                .sandboxEnded, "its sandbox has ended" + (reason.isEmpty ? "" : ": \(reason)"),
                project: project, priority: wasWanted ? nil : 4))
        handle(event)
        adoptionEnded()
    }

    /// Sandboxes of which something was left: again.
    func clearEndings() {
        let waiting = endings
        endings = [:]
        for (project, event) in waiting {
            if let held = sandboxes[project] {
                clear(held)
            } else {
                clearRemains(of: project, then: event)
            }
        }
    }

    /// Freezes a sandbox that is to be frozen, once every run in it has begun or was refused.
    func freezeIfDue(_ project: ProjectName) {
        guard let held = sandboxes[project], held.isFreezeDue,
            !runs.values.contains(where: { $0.project == project && !$0.isAnswered })
        else { return }
        held.freeze()
    }

    // MARK: What init says

    /// Everything that has come, up to a bound: nobody may keep us busy.
    ///
    /// - Returns: how much that was.
    @discardableResult
    private func hear(_ held: HeldSandbox) -> Int {
        let events: [SandboxEvent]
        do throws(LaunchError) { events = try held.sandbox.receive() } catch {
            // Whatever talks there is no init of ours: it loses the sandbox.
            note(
                Report(
                    project: held.policy.name, severity: .error, kind: "sandbox.distrusted",
                    text: "its init is no init any more: \(host.text(error))"))
            clear(held)
            return 0
        }
        if held.sandbox.controlDescriptor == nil {
            held.controlSource?.cancel()
            held.controlSource = nil
        }
        for event in events { hear(event, held) }
        return events.count
    }

    private func hear(_ event: SandboxEvent, _ held: HeldSandbox) {
        switch event {
        case .started(let id, let pid, let terminal):
            let controller = terminal.map { PassedDescriptor(FileDescriptor(owning: $0)) }
            guard let run = runs[id] else { return disown(id, held) }
            runStarted(run, pid: pid, terminal: controller)
        case .running(let id, let pid, let notifications):
            guard let run = runs[id] else { return disown(id, held) }
            held.noteReported(id)
            runStarted(run, pid: pid, terminal: nil)
            notified(id, notifications)
        case .refused(let id, let error):
            held.noteReported(id)
            guard let run = runs[id] else { return disown(id, held) }
            runRefused(run, reason: host.text(error), exitStatus: error.exitStatus)
        case .ended(let id, let end):
            held.noteReported(id)
            guard let run = runs[id] else { return disown(id, held) }
            runEnded(run, end)
        case .notified(let id, let notifications): notified(id, notifications)
        case .terminal(let id, let terminal):
            let controller = terminal.map { PassedDescriptor(FileDescriptor(owning: $0)) }
            guard let run = runs[id] else { return }
            terminalCame(run, controller)
        case .reported: reportIsWhole(held)
        case .suppressed(let id, let count): linesSuppressed(id, count, in: held)
        case .hinted(let id, let hints): hinted(id, hints, in: held)
        case .disconnected: reconnect(to: held)
        }
    }

    /// init ends, which shows in a moment, or somebody else was connected to it.
    private func reconnect(to held: HeldSandbox) {
        if held.endSource == nil || !held.sandbox.isAlive { return }
        do {
            held.isReported = false
            held.reported = []
            try held.sandbox.reconnect()
            try listen(to: held)
        } catch {
            journal.report(host.diagnosis(of: error))
            clear(held)
        }
    }

    /// A run that nobody asked for any more: a probe of a supervisor that died.
    private func disown(_ run: RunID, _ held: HeldSandbox) {
        // Its end may be all that is known of a run that could not be written down yet.
        if unwrittenEnd(of: run) != nil { return }
        held.noteReported(run)
        held.sandbox.kill(run)
        held.acknowledge(run)
        discard(run, of: held.policy.name)
    }

    private func notified(_ run: RunID, _ notifications: Notifications) {
        if notifications.contains(.ready) { handle(.notified(run, .ready)) }
        if notifications.contains(.watchdog) { handle(.notified(run, .watchdog)) }
        if notifications.contains(.stopping) { handle(.notified(run, .stopping)) }
    }

    /// After an adoption: what init does not know was never started.
    private func reportIsWhole(_ held: HeldSandbox) {
        if held.isReported { return }
        held.isReported = true
        let project = held.policy.name
        for run in runs.values where run.project == project && !held.reported.contains(run.id) {
            runRefused(run, reason: "the supervisor was ended before it could be started")
        }
        held.reported = []
        adoptionEnded()
    }
}
