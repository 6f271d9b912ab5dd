internal import Audit
internal import EventLoop
internal import JSONTree
internal import Launch
internal import Ledger
internal import Plan
internal import Supervision
internal import Syscalls
internal import Varlink
internal import VarlinkWire

/// Terminals of what runs: who has which, and `Attach`.
extension Supervisor {
    /// Of a terminal that does not say.
    private static let standardWindow: (rows: UInt16, columns: UInt16) = (24, 80)

    func attach(_ call: Call) throws {
        try refuseOneway(call, "a terminal comes with the reply")
        let project = try projectName(call)
        let workload = try call.parameters["workload"]?.string.map { text throws(InvalidValue) in
            try WorkloadName(text)
        }
        guard let held = sandboxes[project] else {
            try fleet.canExecute(in: project)
            throw Failure.runNotFound
        }
        let found = runs.values.filter {
            $0.project == project && $0.kind != .probe && $0.hasTerminal != false
                && (workload == nil || $0.workload == workload)
        }
        guard found.count == 1, let run = found.first else {
            throw Failure.failed(
                found.isEmpty
                    ? "nothing with a terminal runs there" : "several with a terminal run there",
                hint: found.isEmpty
                    ? "give the service `terminal: true`, or use bulkhead exec -t --detach"
                    : "name one: bulkhead attach \(project)/\(found[0].workload)")
        }
        // After a start, whoever has it has a while to come back.
        let isExpected = run.sessionTimer != nil && run.recorder?.isOfTerminal ?? false
        if run.attachedConnection != nil || run.terminalCaller != nil || isExpected {
            throw Failure.failed(
                "somebody is attached to \(project)/\(run.workload) already",
                hint: "one at a time; it is free when that one leaves")
        }
        try acceptAction()
        run.terminalCaller = (call, action)
        call.onHangUp { [unowned self, weak run] in if let run { detachTerminal(of: run) } }
        // The recorder of the session before would read what is meant for this one.
        if !(run.recorder?.isOfTerminal ?? false) { held.attach(true, run.id) }
    }

    func terminalCame(_ run: HeldRun, _ controller: PassedDescriptor?) {
        // A recorder has it, and init is asked again when that has ended.
        if run.recorder?.isOfTerminal ?? false { return }
        guard let caller = run.terminalCaller else {
            // One that is kept is there already.
            if run.attachedConnection == nil { sandboxes[run.project]?.attach(false, run.id) }
            return
        }
        run.terminalCaller = nil
        guard let controller else {
            return refuse(
                caller, .failed("\(run.project)/\(run.workload) has no terminal any more"))
        }
        let call = caller.call
        let callers: PassedDescriptor?
        do {
            callers = try beginAttachedSession(
                of: run, by: caller.action?.origin ?? origin(of: call), controller)
        } catch {
            // Who is not recorded is not let in.
            freeTerminal(of: run)
            return refuse(caller, Failure(error))
        }
        // The call is answered with this; the terminal is the caller's until the connection ends.
        take(run, call)
        call.reply(
            [
                "run": .number(run.id), "workload": .string(run.workload.text),
                "recorded": recordedWord(of: run),
            ], with: callers?.take())
    }

    /// Whoever asked for it, if anybody did, does not get it.
    func refuseTerminal(of run: HeldRun, _ failure: Failure) {
        guard let caller = run.terminalCaller else { return }
        run.terminalCaller = nil
        refuse(caller, failure)
    }

    private func refuse(_ caller: TerminalCaller, _ failure: Failure) {
        if let action = caller.action { refuse(action, failure) }
        caller.call.fail(failure)
    }

    /// - Parameter controller: the controlling side of the run's terminal.
    /// - Returns: the one that is the caller's.
    private func beginAttachedSession(
        of run: HeldRun, by origin: AuditOrigin, _ controller: PassedDescriptor
    ) throws -> PassedDescriptor? {
        let recorder = try beginRecording(
            of: run.id, run.project, run.workload, command: "", by: origin.actor,
            window: controller.number.flatMap { windowSize($0) } ?? Self.standardWindow)
        do throws(LedgerError) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.openSession(
                    .attach, run: run.id, project: run.project, workload: run.workload, command: "",
                    by: origin, recording: recordingWords(recorder))
            }
        } catch {
            cancelRecording(recorder)
            throw error
        }
        do {
            guard let recorder else { return controller }
            try hold(recorder, of: run)
            return try callersSide(of: recorder, controller)
        } catch {
            closeSessions(of: run.id, [.attach], "refused", "it could not be recorded")
            throw error
        }
    }

    /// What the caller has of a terminal that a recorder has.
    private func callersSide(
        of recorder: HeldRecorder?, _ controller: PassedDescriptor
    ) throws(Failure) -> PassedDescriptor? {
        do throws(SystemCallError) {
            guard let recorder, let number = controller.number else {
                throw SystemCallError("sendmsg", on: "a recorder that has ended", .EPIPE)
            }
            return try recorder.stand(before: number)
        } catch {
            throw Failure.failed(
                "the session cannot be recorded: \(error)",
                hint: "try again; see global.audit in bulkhead.yaml(5)")
        }
    }

    /// What the caller has of the terminal of a run that has begun with it: a session that cannot be recorded
    /// ends it.
    func callersTerminal(of run: HeldRun, _ controller: PassedDescriptor) -> PassedDescriptor? {
        if !run.isRecorded { return controller }
        do { return try callersSide(of: run.recorder, controller) } catch {
            closeSessions(of: run.id, [.shell], "unrecorded", "it could not be recorded")
            hangUp(run, cause: "its session could not be recorded")
            return nil
        }
    }

    /// Whoever had the terminal when the last supervisor went reads it still: init is told before it takes
    /// to logging what comes from it. Who is in no session has none.
    func keepTerminal(of run: HeldRun, _ call: Call) throws {
        let isOpen = try ledger.openSessions().contains { $0.run == run.id && $0.kind != .exec }
        if !isOpen {
            throw Failure.failed(
                "the session at \(run.project)/\(run.workload) is over",
                hint: "the workload goes on: bulkhead attach \(run.project)/\(run.workload)")
        }
        if run.attachedConnection != nil || run.terminalCaller != nil { return }
        take(run, call)
        sandboxes[run.project]?.attach(true, run.id)
    }

    /// The terminal is the caller's for as long as its connection lasts.
    func take(_ run: HeldRun, _ call: Call) {
        run.attachedConnection = call.connectionNumber
        run.recorder?.connection = call.connectionNumber
    }

    /// Whoever had a terminal is gone: what comes from it is logged again.
    func detachTerminals(ofConnection number: Int) {
        for run in runs.values where run.attachedConnection == number { detachTerminal(of: run) }
        // Also those of runs that are over.
        for recorder in recorders.values where recorder.connection == number { recorder.end(loop) }
    }

    func detachTerminal(of run: HeldRun) {
        refuseTerminal(of: run, .failed("its caller left before the terminal was there"))
        if run.attachedConnection == nil { return }
        run.attachedConnection = nil
        closeSessions(of: run.id, [.shell, .attach], "left", "its caller left")
        freeTerminal(of: run)
    }

    /// What comes from it is logged again, once a recorder has written down what it has read.
    func freeTerminal(of run: HeldRun) {
        guard let recorder = run.recorder, recorder.isOfTerminal else {
            sandboxes[run.project]?.attach(false, run.id)
            return
        }
        recorder.end(loop)
    }

    /// The recorder of its last session has ended.
    func terminalIsFree(_ run: HeldRun) {
        if run.attachedConnection != nil { return }
        sandboxes[run.project]?.attach(run.terminalCaller != nil, run.id)
    }

    /// Whoever is attached to it is not any more.
    func expel(from run: HeldRun, _ failure: Failure) {
        for listener in run.listeners where listener.connectionNumber == run.attachedConnection {
            listener.fail(failure)
        }
        run.listeners.removeAll { $0.connectionNumber == run.attachedConnection }
        run.attachedConnection = nil
    }
}
