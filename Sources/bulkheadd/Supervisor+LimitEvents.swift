internal import Audit
internal import Cgroups
internal import Control
internal import EventLoop
internal import Launch
internal import Observing
internal import Plan
internal import Supervision
internal import Syscalls

/// Limits that are met while things run, told as they are met and not more often than is of use.
extension Supervisor {
    /// Tells that a limit was met, or counts it.
    ///
    /// - Parameter workload: nil: the project as a whole.
    func limitMet(
        _ kind: LimitKind, of project: ProjectName, _ workload: WorkloadName?, run: RunID? = nil,
        count: UInt64 = 1, _ text: String
    ) {
        let key = EventLimiter.Key(project, workload, kind)
        if limiter.admit(key, text, count: count, at: loop.now) {
            report(kind, of: project, workload, run: run, count, text)
        }
        if let due = limiter.due { limiterTimer?.set(at: due) }
    }

    func tellCounted() {
        for rest in limiter.takeDue(at: loop.now) {
            let seconds = EventLimiter.interval / 1_000_000
            report(
                rest.key.kind, of: rest.key.project, rest.key.workload, run: nil,
                rest.count, "\(rest.count) more in \(seconds) s, the last: \(rest.text)")
        }
        tellDropped()
        if let due = limiter.due { limiterTimer?.set(at: due) }
    }

    func tellDropped() {
        let count = limiter.takeDropped()
        if count == 0 { return }
        recordOrKeep(
            AuditEntry(
                .supervisorNote,
                "\(count) limits that were met are not told: more workloads at once met one than are counted",
                priority: Report.Severity.warning.rawValue,
                details: [(AuditField.count, String(count))]))
    }

    /// What was counted of something that is over.
    func tell(_ rests: [EventLimiter.Rest]) {
        for rest in rests {
            report(
                rest.key.kind, of: rest.key.project, rest.key.workload, run: nil,
                rest.count, "\(rest.count) more, the last: \(rest.text)")
        }
    }

    private func report(
        _ kind: LimitKind, of project: ProjectName, _ workload: WorkloadName?, run: RunID?,
        _ count: UInt64, _ text: String
    ) {
        note(
            Report(
                project: project, service: workload, run: run,
                severity: kind.isFailure ? .warning : .notice, kind: kind.rawValue, text: text,
                details: [ReportDetail(AuditField.count, String(count))]))
    }

    // MARK: What init tells

    /// Lines that were not logged.
    func linesSuppressed(_ id: RunID, _ count: UInt64, in held: HeldSandbox) {
        guard let run = runs[id], run.project == held.policy.name, run.kind != .probe else {
            return
        }
        let rate = held.sandbox.logRate
        limitMet(
            .logSuppressed, of: run.project, run.workload, run: id, count: count,
            "\(count == 1 ? "1 line was" : "\(count) lines were") not logged: its project may log"
                + " \(rate.linesPerSecond) a second")
    }

    /// A run's words say that it met a limit; whether it did, the kernel says.
    func hinted(_ id: RunID, _ hints: Hints, in held: HeldSandbox) {
        guard let run = runs[id], run.project == held.policy.name, run.kind != .probe else {
            return
        }
        if hints.contains(.descriptors), let files = held.sandbox.openFiles(of: id),
            files.used >= files.max / 10 * 9
        {
            limitMet(
                .descriptorLimit, of: run.project, run.workload, run: id,
                "\(quoted(files.command)) has \(files.used) open files of \(files.max)")
        }
        if hints.contains(.space) {
            // It may clean up behind itself before it ends.
            run.fullDisk = lookAtStorage(of: run.project, run.workload, run: id) ?? run.fullDisk
        }
    }

    /// Tells where the project's storage is full, and returns how it is then.
    @discardableResult
    func lookAtStorage(
        of project: ProjectName, _ workload: WorkloadName?, run: RunID?
    ) -> DiskUsage? {
        guard let disk = diskUsage(of: project) else { return nil }
        if let max = disk.inodesMax, disk.areInodesShort {
            limitMet(
                .inodesFull, of: project, workload, run: run,
                "\(disk.inodes) of \(max) inodes of its storage are used")
        }
        if let max = disk.bytesMax, disk.isSpaceShort {
            limitMet(
                .diskFull, of: project, workload, run: run,
                "\(Bytes(disk.bytes)) of \(Bytes(max)) of its storage are used")
        }
        return disk.isSpaceShort || disk.areInodesShort ? disk : nil
    }
}
