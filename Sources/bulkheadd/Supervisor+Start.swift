internal import Audit
internal import Cgroups
internal import Configuration
internal import EventLoop
internal import Journal
internal import Ledger
internal import Plan
internal import Supervision
internal import SupervisorInterface
internal import Syscalls
internal import Varlink

/// From a ledger to a supervisor that answers.
extension Supervisor {
    /// Continues from what the ledger holds: the configuration that was in force, and what every project
    /// was about to do.
    static func restored(
        _ options: DaemonOptions, _ loop: Loop, _ ledger: LedgerStore, _ host: HostServices
    ) throws -> Supervisor {
        var active = ActiveConfiguration.none
        if let version = try ledger.activeVersion() {
            let files = try ledger.files(ofVersion: version).map(SourceFile.init)
            // It was in force before, and nothing but us writes there: if it cannot be read any more,
            // an older or newer supervisor wrote it, and guessing would change what runs.
            let configuration = try Configuration.load(
                files: files, environment: host.environment,
                // A machine that has less memory than it had is no reason to leave its projects alone.
                machine: MachineCapacity(
                    memory: Bytes(UInt64.max), processors: CPUBandwidth(millicores: UInt32.max)))
            active = ActiveConfiguration(
                configuration: configuration, version: version, files: files)
        }
        let (numbers, first) = try RunNumbers.begin(in: ledger)
        let records = try ledger.projects()
        // After a boot there is no sandbox, and no time that was written down means anything.
        let sameBoot = try !ledger.sandboxes().contains { $0.boot != ledger.boot }
        let fleet = Fleet(
            restoring: active.configuration.projects, records: records, nextRun: first,
            seed: try seed(), at: Moment(microseconds: monotonicMicroseconds()),
            sameBoot: sameBoot, isGated: true)
        let supervisor = try Supervisor(
            options: options, loop: loop, ledger: ledger, host: host, fleet: fleet,
            active: active, numbers: numbers)
        try supervisor.restoreQuotas()
        try supervisor.restoreSchedule()
        return supervisor
    }

    private static func seed() throws(SystemCallError) -> UInt64 {
        try randomBytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Takes over what lives, then brings the files on the disk into force, then lets callers in and says
    /// that it is ready.
    func begin(_ letCallersIn: @escaping () -> Void) throws {
        isBeginning = true
        beginDenialWatch()
        whenBegun = letCallersIn
        thawVolumes()
        trail.retention.pruneRecordings = { [unowned self] in pruneRecordings(before: $0) }
        trail.follow(active.configuration.global)
        try watchClock()
        try reconcile(hadDeparted: try noteBeginning())
        adoptionEnded()
        if isBeginning {
            beginTimer = try loop.timer { [unowned self] in endAdoptions() }
            beginTimer?.set(at: monotonicMicroseconds() + Self.reportPatience)
        }
    }

    /// Whoever ended without saying so was killed, or lost its power: so did we, from here on, until we say so.
    ///
    /// - Returns: whether the one before us ended as it was told to.
    private func noteBeginning() throws(LedgerError) -> Bool {
        let isFirst = ledger.auditTip.sequence <= 1
        let hadDeparted = try ledger.hasDeparted()
        try ledger.transaction(.process) { changes throws(LedgerError) in
            try changes.setDeparted(false)
            if !isFirst && !hadDeparted {
                try changes.append(
                    AuditEntry(
                        .supervisorCrashed,
                        "the supervisor before this one ended without being told to"))
            }
            try changes.append(
                AuditEntry(
                    .supervisorStarted, "bulkheadd \(version) has started",
                    details: [(AuditField.version, version)] + trail.cadence))
            try noteKey(changes)
        }
        return hadDeparted
    }

    /// Inits answer in milliseconds. One that does not keeps nobody waiting for ever: what it has to tell
    /// is taken in when it comes.
    private static let reportPatience: Int64 = 10_000_000

    /// One more sandbox has told all; after the last of them everything is known.
    func adoptionEnded() {
        guard isBeginning, sandboxes.values.allSatisfy(\.isReported) else { return }
        endAdoptions()
    }

    private func endAdoptions() {
        guard isBeginning else { return }
        isBeginning = false
        beginTimer = nil
        handle(.timePassed)
        reload()
        whenBegun?()
        whenBegun = nil
        armQuotaTimer()
        beginSchedule()
        ServiceManager.notifyReady(status: statusLine)
    }

    var statusLine: String {
        let views = fleet.views
        let ready = views.count { $0.isReady }
        return "\(views.count) projects, \(ready) ready"
    }

    func listenToSignals() throws(SystemCallError) {
        signalSources = [
            try loop.watch(.SIGHUP) { [unowned self] in
                ServiceManager.notifyReloading()
                reload()
                ServiceManager.notifyReady(status: statusLine)
            },
            try loop.watch(.SIGTERM) { [unowned self] in depart() },
            try loop.watch(.SIGINT) { [unowned self] in depart() },
            // A closed socket is an error to handle, not our end.
            try loop.watch(.SIGPIPE) {},
        ]
    }

    /// Ends us and nothing else: the sandboxes go on. When the machine goes down, they end first.
    private func depart() {
        if fleet.isClosing { return }
        if isMachineStopping() {
            ServiceManager.notifyStopping(
                status: "stopping \(counted(sandboxes.count, "sandbox", "sandboxes"))")
            return handle(.shutDown)
        }
        ServiceManager.notifyStopping(
            status: "leaving \(counted(sandboxes.count, "sandbox", "sandboxes")) running")
        // Where it cannot be written, what goes with the machine will be called lost.
        noteEnd()
        loop.exit(0)
    }

    /// The last that is written down.
    func noteEnd() {
        if hasNotedEnd { return }
        hasNotedEnd = true
        tellAllRefusals()
        tellLastDenials()
        tellLastLimits()
        payLastArrears()
        do throws(LedgerError) {
            try ledger.transaction(.power) { changes throws(LedgerError) in
                try changes.setDeparted(true)
                try changes.append(
                    AuditEntry(.supervisorStopped, "the supervisor ends as it was told to"))
            }
        } catch { journal.report(error) }
        trail.end()
    }

    func service() throws -> Service {
        Service(
            .init(
                vendor: "Bulkhead", product: "bulkheadd", version: version,
                url: ""),
            interfaces: [try Interface(parsing: ControlInterface.text)],
            streaming: ControlInterface.streaming)
    }
}
