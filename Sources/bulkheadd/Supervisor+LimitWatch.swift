internal import Cgroups
internal import EventLoop
internal import Journal
internal import Launch
internal import Plan
internal import Supervision
internal import Syscalls

/// Notice of limits that somebody else changes: an administrator with `systemctl set-property`, or with
/// an editor in /sys/fs/cgroup.
final class LimitWatch {
    let files: FileWatcher
    var source: DescriptorSource?
    /// Whose file it is, by the number of its watch.
    var projects: [FileWatcher.Watch: ProjectName] = [:]

    init() throws(SystemCallError) { files = try FileWatcher() }
}

extension Supervisor {
    /// From now on hears of writes to the control files of a sandbox's limits. A file that cannot be
    /// watched is told of: its changes are noticed no sooner than the next change of ours.
    func watchLimits(of held: HeldSandbox) {
        let project = held.policy.name
        do throws(SystemCallError) {
            if limitWatch == nil {
                let made = try LimitWatch()
                made.source = try loop.watch(made.files.descriptor.number, for: .readable) {
                    [unowned self] _ in limitFilesWritten()
                }
                limitWatch = made
            }
            guard let watch = limitWatch else { return }
            for path in held.sandbox.controlFiles {
                let number = try watch.files.add(path)
                watch.projects[number] = project
                held.limitWatches.insert(number)
            }
        } catch {
            journal.report(host.diagnosis(of: error))
        }
    }

    func unwatchLimits(of held: HeldSandbox) {
        for number in held.limitWatches {
            limitWatch?.projects[number] = nil
            limitWatch?.files.remove(number)
        }
        held.limitWatches = []
    }

    private func limitFilesWritten() {
        guard let watch = limitWatch else { return }
        var written: Set<ProjectName> = []
        for _ in 0..<Self.newsMax {
            do throws(SystemCallError) {
                let news = try watch.files.news()
                if news.isLost { written = Set(sandboxes.keys) }
                if news.watches.isEmpty && !news.isLost { break }
                for number in news.watches {
                    if let project = watch.projects[number] { written.insert(project) }
                }
            } catch {
                journal.report(host.diagnosis(of: error))
                break
            }
        }
        for project in written.sorted() {
            // While memory is taken away, the writes are our own.
            guard let held = sandboxes[project], !held.isEnding, !quotas.isBusy(project),
                quotas.settling[project] == nil
            else { continue }
            for change in held.sandbox.limitsChangedFromOutside() {
                tell(of: change, project)
            }
        }
    }

    /// More comes with the next turn of the loop.
    private static let newsMax = 16

    /// It is left as they want it, told, and holds from now on in place of what was asked for. Nil: what
    /// the kernel takes where nothing is said.
    private func tell(of change: LimitChange, _ project: ProjectName) {
        func text(_ value: LimitValue?) -> String {
            value?.text ?? (change.name.canBeUnlimited ? "max" : "default")
        }
        note(
            Report(
                project: project, severity: .warning, kind: "limit.changed",
                text:
                    "\(change.name) is \(text(change.to)) now and was \(text(change.from)): changed "
                    + "by somebody else (systemctl set-property, or a write to its file)"))
        limitChangedOutside(
            QuotaTarget(project), change.name, from: change.from, to: change.to)
    }
}
