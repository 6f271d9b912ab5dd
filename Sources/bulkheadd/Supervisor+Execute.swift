internal import Audit
internal import Configuration
internal import EventLoop
internal import Journal
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

/// Commands in a live sandbox: `Execute`, `Wait` and `Kill`.
extension Supervisor {
    /// How long a command whose caller has gone may take to end after SIGHUP.
    private static let hangUpGrace: Int64 = 5_000_000
    /// The status of a command whose output could not all be passed on: that of a run that Bulkhead itself
    /// could not do.
    private static let undelivered: Int32 = 125
    /// How the cause of an end begins that a session's took along.
    static let sessionOver = "its session is over"
    /// How long a caller has to come back to a run that was taken over: longer than `bulkhead` tries to.
    private static let returnPatience: Int64 = 60_000_000

    func execute(_ call: Call) throws {
        let request = try ExecuteRequest(call.parameters, self)
        if request.terminal != nil { try refuseOneway(call, "a terminal comes with the reply") }
        try fleet.canExecute(in: request.project)
        guard let project = sandboxes[request.project], project.isReported else {
            throw Failure.notStarted(
                request.project, "\(request.project) is being taken over",
                hint: "try again in a moment")
        }
        let descriptors = call.takeDescriptors()
        var streams = try request.streams(descriptors)
        let id = try takeRunNumber()
        let plan = try WorkloadPlan(
            request.order, in: effectivePolicy(of: request.project) ?? project.policy)
        let workload = try request.workload ?? WorkloadName("\(request.kind.rawValue)-\(id)")
        var row = RunRow(
            id: id, project: request.project, workload: workload, kind: request.kind,
            command: request.order.command, token: request.token, actor: call.peer.user,
            startedAt: realtimeNanoseconds())
        // One whose caller waits for no more than its start lives on without.
        row.isDetached = request.isDetached || !call.wantsMore
        row.due = request.timeLimit.map {
            RunRow.Due(
                at: loop.now + Int64(clamping: $0.count) * 1_000,
                cause: "time limit of \($0) reached")
        }
        action?.run = id
        let session = sessionKind(request)
        let origin = action?.origin ?? origin(of: call)
        var recorder: HeldRecorder?
        var held: [PassedDescriptor] = []
        do {
            if session != nil, sessionRecording != .none {
                // What takes their place would pass any check.
                try streams.check()
                recorder = try beginRecording(
                    of: id, row.project, workload, command: ControlAction.words(row.command),
                    by: origin.actor, window: request.terminal)
                if let recorder { (streams, held) = try stand(recorder, between: streams) }
            }
            try actionTransaction(.process) { changes throws(LedgerError) in
                try changes.insert(row)
                guard let session else { return }
                try changes.openSession(
                    session, run: id, project: row.project, workload: workload,
                    command: ControlAction.words(row.command), by: origin,
                    recording: recordingWords(recorder))
            }
        } catch {
            cancelRecording(recorder)
            throw error
        }
        let run = HeldRun(row)
        run.caller = call
        run.isRecorded = recorder != nil
        run.hasTerminal = request.terminal != nil
        run.task = request.kind == .task ? request.task?.name : nil
        run.ownLimits = request.ownLimits
        run.command = row.command
        run.identity = plan.identity
        run.logMark = kernelLog?.mark ?? 0
        runs[id] = run
        // The caller may leave in the moment in which the run ends.
        call.onHangUp { [unowned self, weak run] in if let run { callerLeft(run) } }
        do {
            if let recorder { try hold(recorder, of: run) }
            // Their numbers are in `streams`.
            try withExtendedLifetime((descriptors, held)) {
                try project.sandbox.spawn(id, workload, request.kind, plan, streams)
            }
            if let due = row.due { try kill(run, due) }
        } catch {
            runRefused(run, reason: host.text(error))
        }
    }

    /// The next number, reserved before it is used.
    func takeRunNumber() throws(LedgerError) -> RunID {
        try numbers.cover(fleet.nextRunID, in: ledger)
        return fleet.takeRun()
    }

    /// Kills it then.
    private func kill(_ run: HeldRun, _ due: RunRow.Due) throws(SystemCallError) {
        let timer = try loop.timer { [unowned self, unowned run] in
            run.stop = StopOrder(due)
            run.isCut = true
            killRun(run.id)
        }
        timer.set(at: due.at)
        run.timer = timer
    }

    /// Of one that was taken over: what the last supervisor was to do with it. Its caller comes back to
    /// wait for it, or has gone with that supervisor.
    func resume(_ run: HeldRun, _ row: RunRow) throws(SystemCallError) {
        switch run.kind {
        case .service, .probe: return
        case .task, .exec: run.isOrphan = true
        }
        if let due = row.due { try kill(run, due) }
        if run.isDetached { return }
        let timer = try loop.timer { [unowned self, unowned run] in
            run.returnTimer = nil
            if run.listeners.isEmpty { callerLeft(run) }
        }
        timer.set(at: loop.now + Self.returnPatience)
        run.returnTimer = timer
    }

    /// Nobody listens to it any more: it is told as a terminal that hangs up would tell it.
    private func callerLeft(_ run: HeldRun) {
        run.caller = nil
        detachTerminal(of: run)
        // Nobody is left who would take what its recorder has still.
        if runs[run.id] == nil { run.recorder?.end(loop) }
        if run.isDetached || runs[run.id] == nil { return }
        closeSessions(of: run.id, [.exec, .shell], "left", "its caller left")
        hangUp(run, cause: "its caller went away")
    }

    /// Ends it as a terminal that hangs up would.
    func hangUp(_ run: HeldRun, cause: String) {
        signalRun(run.id, UInt8(Signal.SIGHUP.rawValue))
        let due = RunRow.Due(at: loop.now + Self.hangUpGrace, cause: cause)
        run.stop = StopOrder(due)
        // Without a timer it would only live on, as one that ignores the signal does anyway.
        try? kill(run, due)
        // Where it cannot be written, the next supervisor finds out again that nobody waits.
        do throws(LedgerError) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.setDue(run.id, due)
            }
        } catch { journal.report(error) }
    }

    // MARK: What the caller hears

    func callerHears(_ run: HeldRun, pid: Int32, terminal: PassedDescriptor?) {
        guard let call = run.caller else {
            if terminal != nil { freeTerminal(of: run) }
            return
        }
        if terminal != nil { take(run, call) }
        let callers = terminal.flatMap { callersTerminal(of: run, $0) }
        let started: JSON = [
            "run": .number(run.id), "workload": .string(run.workload.text),
            // One that has ended already has none.
            "pid": pid > 0 ? .integer(Int64(pid)) : nil, "recorded": recordedWord(of: run),
        ]
        if call.wantsMore {
            call.reply(started, continues: true, with: callers?.take())
        } else {
            run.caller = nil
            run.isDetached = true
            call.reply(started, with: callers?.take())
        }
    }

    /// Tells those who wait how it ended, once all that it said is with them.
    func listenersHear(_ run: HeldRun, _ end: RunEnd, _ cause: String) {
        guard let recorder = run.recorder else { return tellEnd(of: run, end, cause) }
        recorder.afterwards { [unowned self] in tellEnd(of: run, end, cause) }
    }

    private func tellEnd(of run: HeldRun, _ end: RunEnd, _ cause: String) {
        // As whatever it wrote to would have told it.
        let isUnwell = run.isUndelivered && end.exitStatus == 0
        let status = JSON.integer(Int64(isUnwell ? Self.undelivered : end.exitStatus))
        var cause = cause
        if run.isUndelivered { cause = "not all of its output could be passed on; it \(cause)" }
        if let reason = run.unrecorded, !cause.hasPrefix(Self.sessionOver) {
            cause = "\(Self.sessionOver): \(reason); \(cause)"
        }
        run.caller?.reply([
            "run": .number(run.id), "workload": .string(run.workload.text), "exit_status": status,
            "cause": .string(cause),
        ])
        run.caller = nil
        for listener in run.listeners {
            listener.reply([
                "run": .number(run.id), "exit_status": status, "cause": .string(cause),
            ])
        }
        run.listeners = []
    }

    // MARK: Wait

    func waitForRun(_ call: Call) throws {
        let row: RunRow?
        if let number = call.parameters["run"]?.integer {
            row = try ledger.run(RunID(rawValue: UInt64(bitPattern: number)))
        } else if let token = call.parameters["token"]?.string, !token.isEmpty {
            row = try ledger.run(token: token)
        } else {
            throw Failure.runNotFound
        }
        guard let row else { throw Failure.runNotFound }
        // Where the disk is full, init keeps the end until it is written down: it will not be lost.
        switch unwrittenEnd(of: row.id) ?? row.state {
        case .ended(let end, let cause):
            call.reply([
                "run": .number(row.id), "exit_status": .integer(Int64(end.exitStatus)),
                "cause": .string(cause),
            ])
        case .refused(let reason):
            throw Failure.notStarted(
                row.project, "\(row.project)/\(row.workload) was not started: \(reason)", hint: "")
        case .intended, .running:
            guard let run = runs[row.id] else { throw Failure.runNotFound }
            if !call.isOpen { return }
            if call.parameters["terminal"]?.bool ?? false { try keepTerminal(of: run, call) }
            run.listeners.append(call)
            call.onHangUp { [unowned self, weak run] in
                guard let run else { return }
                run.listeners.removeAll { $0 === call }
                // After a supervisor's death, whoever asked for it is one of those who wait.
                if run.isOrphan, run.listeners.isEmpty, run.returnTimer == nil { callerLeft(run) }
            }
        }
    }

    // MARK: Kill

    func kill(_ call: Call) throws {
        let project = try projectName(call)
        let number = call.parameters["signal"]?.integer ?? Int64(Signal.SIGTERM.rawValue)
        guard (1...64).contains(number) else {
            throw Failure.failed("\(number) is no signal", hint: "signals are 1 to 64: signal(7)")
        }
        guard let held = sandboxes[project] else {
            guard fleet.view(of: project) != nil else {
                throw Failure.projectNotFound(project, self)
            }
            return call.reply(["signalled": 0])
        }
        let workload = call.parameters["workload"]?.string
        let id = call.parameters["run"]?.integer
        let isWhole = call.parameters["whole"]?.bool ?? false
        let meant = runs.values.filter {
            $0.project == project && $0.kind != .probe
                && (workload == nil || $0.workload.text == workload)
                && (id == nil || $0.id.rawValue == UInt64(bitPattern: id ?? 0))
        }
        if meant.isEmpty && (workload != nil || id != nil) { throw Failure.runNotFound }
        try acceptAction()
        for run in meant {
            run.sent = .init(number: UInt8(number), actor: call.peer.user)
            if isWhole && number == Int64(Signal.SIGKILL.rawValue) {
                run.stop = StopOrder(
                    .operator, "killed by uid \(call.peer.user)", actor: call.peer.user)
                held.sandbox.kill(run.id)
            } else if isWhole {
                held.sandbox.signalAll(UInt8(number), run.id)
            } else {
                held.signal(run.id, UInt8(number))
            }
        }
        call.reply(["signalled": .integer(Int64(meant.count))])
    }
}
