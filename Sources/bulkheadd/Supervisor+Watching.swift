internal import Cgroups
internal import EventLoop
internal import Journal
internal import Launch
internal import Observing
internal import Plan
internal import Supervision
internal import Syscalls

/// Limits are watched by what the kernel tells: inotify on the counters of cgroups, triggers on the
/// pressure of processor and disk, warnings of quotas. Idle projects cost two watches, two descriptors
/// and no time.
extension Supervisor {
    /// A look costs a file or two a run; counters that change all the time are looked at so often, in
    /// microseconds.
    private static let rest: Int64 = 200_000
    /// A tenth of the last ten seconds is worth a look.
    private static let stall: Int64 = 1_000_000
    private static let window: Int64 = 10_000_000

    func beginWatching() throws(SystemCallError) {
        lookTimer = try loop.timer(accuracyMicroseconds: 50_000) { [unowned self] in lookAtDue() }
        if let watches = fileWatches {
            watchSource = try loop.watch(watches.files.descriptor.number, for: .readable) {
                [unowned self] _ in filesChanged()
            }
        }
        if let warnings = quotaWarnings {
            quotaSource = try loop.watch(warnings.warnings.descriptor.number, for: .readable) {
                [unowned self] _ in quotasReached()
            }
        }
    }

    // MARK: What is watched

    func watchCounters(of held: HeldSandbox) {
        let watch = CounterWatch(LimitCounters(held.sandbox.usage()), at: loop.now)
        held.counters = watch
        guard let directory = held.sandbox.limitedDirectory else { return }
        let target = WatchTarget(project: held.policy.name, run: nil)
        for file in ["memory.events", "pids.events"] {
            if let added = add("\(directory)/\(file)", target) { watch.files.append(added) }
        }
        for resource in [Pressure.Resource.cpu, .io] {
            watchPressure(resource, in: directory, held, watch)
        }
    }

    private func watchPressure(
        _ resource: Pressure.Resource, in directory: String, _ held: HeldSandbox,
        _ watch: CounterWatch
    ) {
        // Without PSI (psi=0 on the kernel's command line) there is nothing to be told.
        guard
            let made = try? PressureTrigger(
                "\(directory)/\(resource.file)", stall: Self.stall, window: Self.window)
        else { return }
        let trigger = CounterWatch.Trigger(made)
        trigger.source = try? loop.watch(trigger.trigger.descriptor.number, for: .urgent) {
            [unowned self, unowned held, weak trigger] readiness in
            // The cgroup is gone.
            if readiness.contains(.failed) { trigger?.source?.cancel() }
            stalled(on: resource, held)
        }
        watch.triggers.append(trigger)
    }

    func watchCounters(of run: HeldRun, in held: HeldSandbox) {
        guard let watch = held.counters, watch.leaves[run.id] == nil, run.kind != .probe else {
            return
        }
        // Of one that was taken over, what was before is told by nobody.
        let counters =
            run.isTakenOver ? LimitCounters(held.sandbox.usage(of: run.id)) : LimitCounters()
        watch.leaves[run.id] = CounterWatch.Leaf(
            watch: add(
                "\(held.sandbox.directory(of: run.id))/pids.events",
                WatchTarget(project: run.project, run: run.id)),
            counters: counters, processor: .init(counters, at: loop.now))
    }

    private func add(_ path: String, _ target: WatchTarget) -> FileWatcher.Watch? {
        guard let watches = fileWatches else { return nil }
        do throws(SystemCallError) {
            let watch = try watches.files.add(path)
            watches.targets[watch] = target
            return watch
        } catch {
            // Without the controller there is no such file, and nothing to be told.
            if error.errno == .ENOENT || watches.hasComplained { return nil }
            watches.hasComplained = true
            note(
                Report(
                    project: target.project, severity: .warning, kind: "limits.unwatched",
                    text: "limits that are met are told late or not at all: \(error)"
                        + (error.errno == .ENOSPC
                            ? " (hint: raise fs.inotify.max_user_watches)" : "")))
            return nil
        }
    }

    /// Before its leaf goes: what was met last is told.
    func unwatch(_ run: HeldRun) {
        guard let held = sandboxes[run.project], let leaf = held.counters?.leaves[run.id] else {
            return
        }
        look(at: run, held, LimitFiles.counted)
        held.counters?.leaves[run.id] = nil
        if let watch = leaf.watch { remove(watch) }
    }

    /// Before its cgroups go: what was met last, and what was only counted, is told.
    func unwatchCounters(of held: HeldSandbox) {
        guard let watch = held.counters else { return }
        look(at: held, watch)
        for file in watch.files { remove(file) }
        for leaf in watch.leaves.values { if let file = leaf.watch { remove(file) } }
        held.counters = nil
        tell(limiter.forget(held.policy.name))
    }

    /// Before the supervisor ends, and its counts with it: the next one begins with its own.
    func tellLastLimits() {
        for held in sandboxes.values {
            if let watch = held.counters, watch.isDue { look(at: held, watch) }
        }
        tell(limiter.forgetAll())
        tellDropped()
    }

    private func remove(_ watch: FileWatcher.Watch) {
        fileWatches?.files.remove(watch)
        fileWatches?.targets[watch] = nil
    }

    // MARK: What is told

    private func filesChanged() {
        guard let watches = fileWatches else { return }
        var changed: Set<ProjectName> = []
        for _ in 0..<Self.newsMax {
            // Fails only where it was not made for reading.
            guard let news = try? watches.files.news() else { break }
            if news.isLost { changed = Set(sandboxes.keys) }
            if news.watches.isEmpty && !news.isLost { break }
            for watch in news.watches {
                if let target = watches.targets[watch] { changed.insert(target.project) }
            }
        }
        for project in changed { if let held = sandboxes[project] { lookSoon(at: held) } }
    }

    /// More waits until others had their turn.
    private static let newsMax = 64

    /// At once, or when it has rested.
    private func lookSoon(at held: HeldSandbox) {
        guard let watch = held.counters else { return }
        if loop.now >= watch.restsUntil { return look(at: held, watch) }
        watch.isDue = true
        lookTimer?.set(at: watch.restsUntil)
    }

    private func lookAtDue() {
        var next: Int64?
        for held in sandboxes.values {
            guard let watch = held.counters, watch.isDue else { continue }
            if loop.now >= watch.restsUntil {
                look(at: held, watch)
            } else {
                next = min(next ?? Int64.max, watch.restsUntil)
            }
        }
        if let next { lookTimer?.set(at: next) }
    }

    /// Looks at the counters that watches are of.
    private func look(at held: HeldSandbox, _ watch: CounterWatch) {
        watch.isDue = false
        watch.restsUntil = loop.now + Self.rest
        for run in runs.values where watch.leaves[run.id] != nil && run.project == held.policy.name
        {
            look(at: run, held, LimitFiles.counted)
        }
        // What its own limits did: of the leaves each tells its own.
        let local = held.sandbox.usage(only: LimitFiles.local)
        var counters = watch.counters
        counters.high = local.memory?.high ?? 0
        counters.forksRefused = local.forksRefused ?? 0
        tell(counters.since(watch.counters), of: held, nil, use: held.sandbox.usage)
        watch.counters.high = counters.high
        watch.counters.forksRefused = counters.forksRefused
    }

    private func look(at run: HeldRun, _ held: HeldSandbox, _ files: Set<String>) {
        guard let leaf = held.counters?.leaves[run.id] else { return }
        let counted = LimitCounters(held.sandbox.usage(of: run.id, only: files))
        var counters = leaf.counters
        if files.contains("cpu.stat") {
            counters.periods = counted.periods
            counters.throttledPeriods = counted.throttledPeriods
            counters.throttledTime = counted.throttledTime
            held.counters?.leaves[run.id]?.processor.add(counted, at: loop.now)
        } else {
            counters.oomKills = counted.oomKills
            counters.high = counted.high
            counters.forksRefused = counted.forksRefused
        }
        held.counters?.leaves[run.id]?.counters = counters
        let added = counters.since(leaf.counters)
        tell(added, of: held, run) { held.sandbox.usage(of: run.id) }
    }

    private func tell(
        _ added: LimitCounters, of held: HeldSandbox, _ run: HeldRun?,
        use: () -> CgroupUsage
    ) {
        if added == LimitCounters() { return }
        var killed: [OutOfMemoryKill] = []
        if added.oomKills > 0, let run {
            kernelLog?.read()
            killed = logged(of: run, in: held, among: held.sandbox.killed(in: run.id))
        }
        let own = run.map { held.sandbox.limitsInForce(of: $0.id) } ?? []
        let limits = own.filter { !$0.value.hasPrefix("max") } + held.sandbox.limitsInForce()
        for event in added.events(in: limits, use: use(), killed: killed) {
            limitMet(
                event.kind, of: held.policy.name, run?.workload, run: run?.id, count: event.count,
                event.text)
        }
    }

    // MARK: Pressure

    private func stalled(on resource: Pressure.Resource, _ held: HeldSandbox) {
        guard let watch = held.counters else { return }
        switch resource {
        case .cpu:
            for run in runs.values
            where watch.leaves[run.id] != nil && run.project == held.policy.name {
                look(at: run, held, LimitFiles.processor)
            }
            let counted = LimitCounters(held.sandbox.usage(only: LimitFiles.processor))
            watch.processor.add(counted, at: loop.now)
            tell(
                counted.since(watch.counters).throttling, of: held, nil, use: held.sandbox.usage)
            watch.counters.periods = counted.periods
            watch.counters.throttledPeriods = counted.throttledPeriods
            watch.counters.throttledTime = counted.throttledTime
        case .io: stalledOnDisk(held, watch)
        case .memory: return
        }
    }

    /// The kernel does not count what `io.max` holds up; that there is one, and that processes wait, is
    /// what can be said, with how much they did.
    private func stalledOnDisk(_ held: HeldSandbox, _ watch: CounterWatch) {
        let counted = LimitCounters(held.sandbox.usage(only: LimitFiles.disk))
        let added = counted.since(watch.counters)
        let span = max(1, loop.now - watch.lookedAt)
        watch.counters.io = counted.io
        watch.lookedAt = loop.now
        guard let limit = held.sandbox.limitsInForce().first(where: { $0.file == "io.max" }),
            let io = added.io
        else { return }
        let waited =
            held.sandbox.pressure().io.map { "\(UInt64($0.some.percent))%" } ?? "much"
        limitMet(
            .ioThrottled, of: held.policy.name, nil,
            "waits for the disk for \(waited) of the time: read \(io.readBytes), wrote"
                + " \(io.writtenBytes) in \(Milliseconds(UInt64(span / 1_000))); io.max"
                + " \(limit.value)")
    }

    // MARK: Quotas

    private func quotasReached() {
        for warning in quotaWarnings?.warnings.take() ?? [] {
            for held in sandboxes.values where isOf(held.policy.name, warning) {
                lookAtStorage(of: held.policy.name, nil, run: nil)
            }
        }
    }
}

/// The control files that are read for one kind of event.
enum LimitFiles {
    static let counted: Set<String> = ["memory.events", "pids.events"]
    /// What the cgroup's own limits did, and not those below.
    static let local: Set<String> = ["memory.events.local", "pids.events"]
    static let processor: Set<String> = ["cpu.stat"]
    static let disk: Set<String> = ["io.stat"]
}

extension LimitCounters {
    /// Only what a look at `cpu.stat` says.
    fileprivate var throttling: LimitCounters {
        var result = LimitCounters()
        result.periods = periods
        result.throttledPeriods = throttledPeriods
        result.throttledTime = throttledTime
        return result
    }
}

/// The watches of all sandboxes, in one descriptor.
final class HeldWatches {
    let files: FileWatcher
    var targets: [FileWatcher.Watch: WatchTarget] = [:]
    /// That there can be no more was told.
    var hasComplained = false

    init() throws(SystemCallError) { files = try FileWatcher() }
}

/// The warnings of quotas of all file systems.
final class HeldQuotaWarnings {
    let warnings: QuotaWarnings

    init() throws(SystemCallError) { warnings = try QuotaWarnings() }
}
