internal import Audit
internal import Cgroups
internal import EventLoop
internal import Journal
internal import Launch
internal import Plan
internal import Quotas
internal import Supervision
internal import Syscalls

/// Notice of limits that somebody else changes: an administrator with `systemctl set-property`, or with
/// an editor in /sys/fs/cgroup.
final class LimitWatch {
    let files: FileWatcher
    var source: DescriptorSource?
    /// Whose file it is, by the number of its watch.
    var projects: [FileWatcher.Watch: ProjectName] = [:]
    /// Those whose files were written, and when it is looked at them.
    var written: Set<ProjectName> = []
    var timer: TimerSource?

    init() throws(SystemCallError) { files = try FileWatcher() }
}

extension Supervisor {
    /// From now on hears of writes to the control files of a sandbox's limits. A file that cannot be
    /// watched is told of: its changes are noticed no sooner than the next change of ours.
    func watchLimits(of held: HeldSandbox) {
        watch(held.sandbox.controlFiles(), of: held, into: &held.limitWatches)
    }

    /// The same of a run.
    func watchLimits(of run: HeldRun, in held: HeldSandbox) {
        watch(held.sandbox.controlFiles(of: run.id), of: held, into: &run.limitWatches)
    }

    private func watch(_ paths: [String], of held: HeldSandbox, into watches: inout Set<Int32>) {
        do throws(SystemCallError) {
            if limitWatch == nil {
                let made = try LimitWatch()
                made.source = try loop.watch(made.files.descriptor.number, for: .readable) {
                    [unowned self] _ in limitFilesWritten()
                }
                made.timer = try loop.timer { [unowned self] in lookForOutsideChanges() }
                limitWatch = made
            }
            guard let watch = limitWatch else { return }
            for path in paths {
                let number = try watch.files.add(path)
                watch.projects[number] = held.policy.name
                watches.insert(number)
            }
        } catch {
            journal.report(host.diagnosis(of: error))
        }
    }

    func unwatchLimits(_ watches: inout Set<Int32>) {
        for number in watches {
            limitWatch?.projects[number] = nil
            limitWatch?.files.remove(number)
        }
        watches = []
    }

    private func limitFilesWritten() {
        guard let watch = limitWatch else { return }
        let isAwaited = !watch.written.isEmpty
        for _ in 0..<Self.newsMax {
            do throws(SystemCallError) {
                let news = try watch.files.news()
                if news.isLost { watch.written = Set(sandboxes.keys) }
                if news.watches.isEmpty && !news.isLost { break }
                for number in news.watches {
                    if let project = watch.projects[number] { watch.written.insert(project) }
                }
            } catch {
                journal.report(host.diagnosis(of: error))
                break
            }
        }
        // Whoever writes one of them may be about to write others, systemd among them: what we would
        // tell it meanwhile would undo those.
        if !isAwaited && !watch.written.isEmpty {
            watch.timer?.set(at: loop.now + Self.outsideMicroseconds)
        }
    }

    /// More comes with the next turn of the loop.
    private static let newsMax = 16
    private static let outsideMicroseconds: Int64 = 200_000

    private func lookForOutsideChanges() {
        let written = limitWatch?.written ?? []
        limitWatch?.written = []
        for project in written.sorted() {
            // While memory is taken away, the writes are our own.
            guard let held = sandboxes[project], !held.isEnding, !quotas.isBusy(project),
                quotas.settling[project] == nil
            else { continue }
            // systemd is to know it too, whose files were written to.
            if lookForOutsideChanges(of: held, whileAway: false) { updateLimits(of: project) }
        }
    }

    /// What others have changed is left as they want it, told, and holds from now on in place of what was
    /// asked for.
    ///
    /// - Returns: whether there was anything.
    @discardableResult
    func lookForOutsideChanges(of held: HeldSandbox, whileAway: Bool) -> Bool {
        let project = held.policy.name
        let own = held.sandbox.limitsChangedFromOutside()
        for change in own {
            limitChangedOutside(
                QuotaTarget(project), change,
                report(of: change, project, nil, whileAway: whileAway))
        }
        var hasChanged = !own.isEmpty
        for run in runs.values.sorted(by: { $0.id.rawValue < $1.id.rawValue })
        where run.project == project && run.recordedLimits != nil {
            for change in held.sandbox.limitsChangedFromOutside(of: run.id) {
                hasChanged = true
                let report = report(of: change, project, run, whileAway: whileAway)
                if run.kind == .service {
                    limitChangedOutside(QuotaTarget(project, run.workload), change, report)
                } else {
                    note(report)
                    // Of this run: others of its task have their own.
                    run.ownLimits[change.name] = change.to ?? .unlimited
                }
            }
        }
        return hasChanged
    }

    private func report(
        of change: LimitChange, _ project: ProjectName, _ run: HeldRun?, whileAway: Bool
    ) -> Report {
        let from = QuotaStep.text(change.from, of: change.name)
        let to = QuotaStep.text(change.to, of: change.name)
        let whom = AuditOrigin(via: .outside)
        return Report(
            project: project, service: run?.workload, run: run?.id, severity: .warning,
            kind: "limit.changed",
            text:
                "\(change.name) is \(to) now and was \(from): changed by somebody else "
                + (whileAway ? "while no supervisor was there " : "")
                + "(systemctl set-property, or a write to its file)",
            details: [
                ReportDetail(AuditField.via, whom.via.rawValue),
                ReportDetail(AuditField.actor, whom.actor),
                ReportDetail(AuditField.limit, change.name.text),
                ReportDetail(AuditField.from, from), ReportDetail(AuditField.to, to),
            ])
    }
}
