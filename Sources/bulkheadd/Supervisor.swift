internal import Audit
internal import EventLoop
internal import Journal
internal import Ledger
internal import Observing
internal import Plan
internal import Quotas
internal import Supervision
internal import Syscalls
internal import Tracing

/// What happens is told to `Fleet`, which decides; what it decides is written to the ledger and then
/// done. Everything is in one thread, and nothing between two events is ever half done.
final class Supervisor {
    let options: DaemonOptions
    let loop: Loop
    let ledger: LedgerStore
    let host: HostServices
    let journal: SupervisorJournal
    let trail: AuditTrail
    /// What the caller who is served asks for; nil while nobody does.
    var action: ControlAction?
    var clockJumps: ClockJumps?
    /// Its end is written down.
    var hasNotedEnd = false
    /// Connections of those who may not call, and calls that are none.
    var denied = RecordLimiter<RefusedKind>(perUserMax: 1, totalMax: 20)
    var refusals = RecordLimiter<RefusedKind>(perUserMax: 20, totalMax: 40)
    private(set) var refusalTimer: TimerSource?
    var fleet: Fleet
    var active: ActiveConfiguration
    /// By project: what is live.
    var sandboxes: [ProjectName: HeldSandbox] = [:]
    /// Every run that is not over, whatever asked for it.
    var runs: [RunID: HeldRun] = [:]
    /// By the name of what it writes: of sessions that are recorded.
    var recorders: [String: HeldRecorder] = [:]
    var recordingRetry: TimerSource?
    /// By name, recordings that could not be deleted, which is told once; whether it is recorded that they
    /// are.
    var undeletable: [String: Bool] = [:]
    /// Of recordings that have ended: whoever reads them.
    var digests: [String: AskedHelper] = [:]
    /// Runs that have ended and whose cgroups still have processes that the kernel is ending.
    var leftovers: [Leftover] = []
    /// Projects of whose sandboxes something is left that is still ending, and what, if anything, is to
    /// be told when it is gone. Until then none is made in its place.
    var endings: [ProjectName: Event?] = [:]
    var probes: [ProbeKey: ProbeHandle] = [:]
    var waiters: [Waiter] = []
    var watchers: [Watcher] = []
    private(set) var usageRounds: UsageRounds?
    /// Nil until everything is known.
    var sampler: ScheduleSampler?
    var helpers: [HelperProgram] = []
    var quotas = QuotaBook()
    var schedule = ScheduleBook()
    /// Volumes that are up or worked on.
    var volumes: [ProjectName: HeldVolume] = [:]
    /// By project: work on its storage.
    var storageTasks: [ProjectName: StorageTask] = [:]
    var rescues: [ProjectName: Rescue] = [:]
    var nextVolumeUse: UInt64 = 0
    var numbers: RunNumbers
    /// Of all sandboxes; nil before the first.
    var limitWatch: LimitWatch?
    /// Nil where it cannot be read: causes are less precise then.
    let kernelLog = KernelLog()
    private var kernelLogSource: DescriptorSource?
    /// Nil where the kernel gives no way to see what filters deny, and why.
    var denials: DenialWatch?
    var denialsUnseen: DenialsUnseen?
    /// Nil where the kernel gives none: then limits that are met are told at the end of runs.
    let fileWatches = try? HeldWatches()
    /// Nil where the kernel has no such interface.
    let quotaWarnings = try? HeldQuotaWarnings()
    var watchSource: DescriptorSource?
    var quotaSource: DescriptorSource?
    var lookTimer: TimerSource?
    /// While it is looked what is left of the last boot: how its supervisor ended, if that was in order.
    var departure: StopOrder?
    var limiter = EventLimiter()
    private(set) var limiterTimer: TimerSource?

    private var queue: [Event] = []
    private var isDraining = false
    /// Launches and ends of sandboxes that are due: each takes milliseconds, so one at a time, with
    /// others answered in between.
    var due: [DueWork] = []
    private(set) var dueSource: DeferredSource?
    /// Until every sandbox that was taken over has told what became of its runs, time stands still:
    /// nothing is due for runs of which nothing is known.
    var isBeginning = false
    var beginTimer: TimerSource?
    /// Called once, when that is over.
    var whenBegun: (() -> Void)?
    var signalSources: [EventSource] = []
    let startedAt = monotonicMicroseconds()
    private var deadlineTimer: TimerSource?
    private var housekeepingTimer: TimerSource?
    private var statusTimer: TimerSource?
    private var isStatusDue = false
    private var isHouseDue = false
    /// What the ledger would not take; tried again until it does.
    private var arrears = Arrears()

    init(
        options: DaemonOptions, loop: Loop, ledger: LedgerStore, host: HostServices, fleet: Fleet,
        active: ActiveConfiguration, numbers: RunNumbers
    ) throws {
        self.options = options
        self.loop = loop
        self.ledger = ledger
        self.host = host
        journal = SupervisorJournal()
        trail = try AuditTrail(ledger, loop, host, journal)
        self.fleet = fleet
        self.active = active
        self.numbers = numbers
        dueSource = try loop.deferred { [unowned self] in doNextDueWork() }
        deadlineTimer = try loop.timer { [unowned self] in handle(.timePassed) }
        kernelLog?.read()
        if let log = kernelLog {
            kernelLogSource = try loop.watch(log.descriptor, for: .readable) { _ in log.read() }
        }
        try beginWatching()
        limiterTimer = try loop.timer(accuracyMicroseconds: 250_000) { [unowned self] in
            tellCounted()
        }
        refusalTimer = try loop.timer(accuracyMicroseconds: 250_000) { [unowned self] in
            tellCountedRefusals()
        }
        statusTimer = try loop.timer(accuracyMicroseconds: 250_000) { [unowned self] in tellStatus()
        }
        housekeepingTimer = try loop.timer { [unowned self] in keepHouse() }
        usageRounds = try UsageRounds(self)
        trail.keep = { [unowned self] in keep($0, $1) }
    }

    var now: Moment { Moment(microseconds: monotonicMicroseconds()) }

    // MARK: Events

    /// Something happened: decides, writes down, acts, and so on until nothing more follows.
    func handle(_ event: Event) {
        queue.append(event)
        drain()
    }

    func drain() {
        if isDraining { return }
        isDraining = true
        while true {
            // Who made room, or asked for it, is known when all has been decided.
            if queue.isEmpty { queue = takeAdmissions() }
            if queue.isEmpty { break }
            let event = queue.removeFirst()
            let effects: [Effect]
            coverRunNumbers()
            // Only what an operator asks for can be refused, and that goes through `request`.
            do throws(VerbRefused) { effects = try fleet.apply(event, at: now) } catch { continue }
            settle(effects)
        }
        isDraining = false
        settled()
    }

    /// After the state has changed: sets the clock for what comes next and tells those who wait.
    private func settled() {
        if !isBeginning, let deadline = fleet.nextDeadline {
            deadlineTimer?.set(at: deadline.microseconds)
        } else {
            deadlineTimer?.disarm()
        }
        answerWaiters()
        if fleet.isClosing, sandboxes.isEmpty, endings.isEmpty {
            noteEnd()
            loop.exit(0)
        }
        // Not at each of a hundred changes in a row.
        if !isStatusDue {
            isStatusDue = true
            statusTimer?.set(at: loop.now + 500_000)
        }
    }

    private func tellStatus() {
        isStatusDue = false
        if !isBeginning { ServiceManager.notifyStatus(statusLine) }
    }

    /// Something that may be refused, whole: applies `event` to a copy, writes down what comes of it
    /// together with `also`, and only then makes it true.
    func request<Result>(
        _ event: Event, also: (borrowing LedgerChanges) throws(LedgerError) -> Result
    ) throws -> Result {
        // There may be room again this very moment.
        if !arrears.isEmpty { payArrears() }
        guard arrears.isEmpty else { throw arrears.error }
        coverRunNumbers()
        var next = fleet
        let effects = try next.apply(event, at: now)
        let result = try actionTransaction(.power) { changes throws(LedgerError) in
            try write(effects, of: next, to: changes)
            return try also(changes)
        }
        fleet = next
        // What follows from one effect is not handled before the others are done.
        isDraining = true
        for effect in effects { perform(effect) }
        isDraining = false
        drain()
        settled()
        return result
    }

    // MARK: Effects

    /// Writes down what effects change, then does them.
    private func settle(_ effects: [Effect]) {
        if effects.isEmpty { return }
        do throws(LedgerError) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try write(effects, of: fleet, to: changes)
            }
        } catch {
            arrears.add(effects, error)
            journal.report(error)
            keepHouseSoon()
            // What is not written down does not begin; what has to end, ends.
            for effect in effects {
                switch effect {
                case .launchSandbox(let project):
                    queue.append(.sandboxRefused(project, reason: error.message))
                case .startRun(let run, _, _):
                    queue.append(.runRefused(run, reason: error.message))
                default: perform(effect)
                }
            }
            return
        }
        for effect in effects { perform(effect) }
    }

    func write(
        _ effects: [Effect], of fleet: Fleet, to changes: borrowing LedgerChanges
    ) throws(LedgerError) {
        let at = realtimeNanoseconds()
        for effect in effects {
            switch effect {
            case .store(let project):
                if let record = fleet.record(of: project) { try changes.save(record) }
            case .forget(let project): try changes.forget(project)
            case .startRun(let run, let project, let service):
                let command = fleet.policy(of: project)?.service(service)?.command ?? []
                try changes.insert(
                    RunRow(
                        id: run, project: project, workload: service, kind: .service,
                        command: command, startedAt: at))
            case .report(let report):
                try changes.append(
                    LedgerEvent(
                        at: at, project: report.project, workload: report.service,
                        run: report.run, severity: report.severity.rawValue, kind: report.kind,
                        text: report.text))
                try changes.append(AuditEntry(report))
            case .admit, .launchSandbox, .endSandbox, .freeze, .thaw, .updateLimits, .signalRun,
                .killRun,
                .probe:
                continue
            }
        }
    }

    /// Does one effect; what comes of it is handled as an event.
    private func perform(_ effect: Effect) {
        switch effect {
        case .admit(let project):
            schedule.waiting.insert(project)
            schedule.isAdmissionDue = true
        case .launchSandbox(let project): doLater(.launch(project))
        case .endSandbox(let project): doLater(.end(project))
        case .freeze(let project):
            sandboxes[project]?.isFreezeDue = true
            freezeIfDue(project)
        case .thaw(let project): sandboxes[project]?.thaw()
        case .updateLimits(let project): updateLimits(of: project)
        case .startRun(let run, let project, let service): startService(run, project, service)
        case .signalRun(let run, let signal): signalRun(run, signal)
        case .killRun(let run): killRun(run)
        case .probe(let run, let purpose, let check): beginProbe(run, purpose, check)
        case .forget(let project):
            quotas.overrides.forget(project)
            schedule.isAdmissionDue = true
        case .store: schedule.isAdmissionDue = true
        case .report(let report): tellWatchers(report)
        }
    }

    /// Tells something that the state machines do not know of.
    func note(_ report: Report) {
        settle([.report(report)])
        // Nothing follows from a report.
    }

    /// Why the ledger cannot be written; nil while it can.
    var arrearsError: LedgerError? { arrears.isEmpty ? nil : arrears.error }

    /// How a run has ended of which the ledger does not know that yet.
    func unwrittenEnd(of run: RunID) -> RunRow.State? {
        arrears.runs.last { $0.0 == run && $0.endedAt != nil }?.1
    }

    /// Why it ended, of such a run.
    func unwrittenAccount(of run: RunID) -> RunAccount? {
        arrears.runs.last { $0.0 == run && $0.endedAt != nil }?.account
    }

    private func coverRunNumbers() {
        // Where that fails, no run can be written down and so none begins.
        do throws(LedgerError) { try numbers.cover(fleet.nextRunID, in: ledger) } catch {
            journal.report(error)
        }
    }

    // MARK: Housekeeping

    private func keepHouse() {
        isHouseDue = false
        if !arrears.isEmpty { payArrears() }
        removeLeftovers()
        clearEndings()
        if !arrears.isEmpty || !leftovers.isEmpty || !endings.isEmpty { keepHouseSoon() }
    }

    /// Soon enough that nobody notices, seldom enough to cost nothing.
    func keepHouseSoon() {
        if isHouseDue { return }
        isHouseDue = true
        housekeepingTimer?.set(at: loop.now + 50_000)
    }

    private func payArrears() {
        do throws(LedgerError) {
            try ledger.transaction(.power) { changes throws(LedgerError) in
                try write(arrears.writtenEffects, of: fleet, to: changes)
                // That a run has begun is one of them: before its end.
                for entry in arrears.writtenEntries { try changes.append(entry) }
                for (run, state, endedAt, account, entry) in arrears.runs {
                    try changes.update(run, state, endedAt: endedAt)
                    if let account { try changes.save(account, of: run) }
                    if let entry { try changes.append(entry) }
                    try changes.closeSessions(of: run, endedBy: state)
                }
                for entry in arrears.leftEntries { try changes.append(entry) }
            }
        } catch {
            arrears.error = error
            return
        }
        // Of a run that began, the end is still to come: acknowledged now, it would never be told.
        let acknowledgements = arrears.runs.filter { $0.endedAt != nil }.map(\.0)
        arrears = Arrears()
        for run in acknowledgements { acknowledge(run) }
    }

    /// Before we end, and what is only in memory with us.
    func payLastArrears() {
        if arrears.isEmpty { return }
        payArrears()
        if arrears.isEmpty { return }
        guard let lost = arrears.lostText else { return }
        journal.say(lost, severity: .error, kind: AuditKind.supervisorFailure.rawValue)
    }

    /// A record that nothing else remembers. Until it is written down, what it says is nowhere but here.
    func keep(_ entry: AuditEntry, _ error: LedgerError) {
        journal.say(
            "not written down yet: \(entry.message)", severity: .error,
            kind: AuditKind.supervisorFailure.rawValue)
        arrears.add(entry, error)
        keepHouseSoon()
    }

    /// Writes a run's new state; where the ledger would not, remembers it and says so.
    func writeRun(
        _ run: RunID, _ state: RunRow.State, _ durability: Durability = .process,
        _ account: RunAccount? = nil, _ entry: AuditEntry? = nil
    ) -> Bool {
        let endedAt: Int64? =
            switch state {
            case .refused, .ended: realtimeNanoseconds()
            case .intended, .running: nil
            }
        // Behind what is still to be written of it: else that would stand in its place.
        if arrears.runs.contains(where: { $0.0 == run }) {
            arrears.runs.append((run, state, endedAt, account, entry))
            return false
        }
        do throws(LedgerError) {
            try ledger.transaction(durability) { changes throws(LedgerError) in
                _ = try changes.update(run, state, endedAt: endedAt)
                if let account { try changes.save(account, of: run) }
                if let entry { try changes.append(entry) }
                try changes.closeSessions(of: run, endedBy: state)
            }
            return true
        } catch {
            arrears.runs.append((run, state, endedAt, account, entry))
            arrears.error = error
            journal.report(error)
            keepHouseSoon()
            return false
        }
    }
}
