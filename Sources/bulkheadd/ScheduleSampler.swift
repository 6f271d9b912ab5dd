internal import Cgroups
internal import EventLoop
internal import Journal
internal import Launch
internal import Ledger
internal import Plan
internal import Scheduling
internal import Syscalls

/// Looks at what every live project uses, a few of them at a time with others served in between, and tells
/// the scheduler.
final class ScheduleSampler {
    /// Cgroups that are read before others have their turn: about a millisecond.
    private static let readAtOnceMax = 16

    /// What counters said when they were last looked at.
    private struct Look {
        let at: Int64
        let sample: CgroupSample
    }

    private unowned let supervisor: Supervisor
    private var timer: TimerSource?
    private var next: DeferredSource?
    private var targets: ArraySlice<ProjectName> = []
    private var looks: [ProjectName: Look] = [:]
    private var found: [ScheduleSample] = []

    init(_ supervisor: Supervisor) throws(SystemCallError) {
        self.supervisor = supervisor
        timer = try supervisor.loop.timer(accuracyMicroseconds: 100_000) { [unowned self] in
            begin()
        }
        next = try supervisor.loop.deferred { [unowned self] in goOn() }
    }

    /// The next round in so many milliseconds, or earlier where one is due by then.
    func come(inMilliseconds span: Int64) {
        timer?.set(at: supervisor.loop.now + span * 1_000)
    }

    private func begin() {
        targets = supervisor.sandboxes.keys.sorted()[...]
        found = []
        looks = looks.filter { supervisor.sandboxes[$0.key] != nil }
        next?.trigger()
    }

    private func goOn() {
        for project in targets.prefix(Self.readAtOnceMax) { look(at: project) }
        targets = targets.dropFirst(Self.readAtOnceMax)
        if !targets.isEmpty {
            next?.trigger()
            return
        }
        let samples = found
        found = []
        come(inMilliseconds: supervisor.schedule.tunables.intervalMilliseconds)
        supervisor.sampled(samples)
    }

    private func look(at project: ProjectName) {
        guard let held = supervisor.sandboxes[project], !held.isEnding else { return }
        let now = Look(at: monotonicMicroseconds(), sample: held.sandbox.sample())
        defer { looks[project] = now }
        guard let before = looks[project], now.at > before.at else { return }
        let span = now.at - before.at
        let new = now.sample
        let old = before.sample
        func stalled(_ new: Pressure.Stall?, _ old: Pressure.Stall?) -> Int64 {
            guard let new, let old else { return 0 }
            let stalled = Int64(clamping: new.some.total) - Int64(clamping: old.some.total)
            return min(1_000, max(0, stalled * 1_000 / span))
        }
        // Where the kernel counts nothing, nothing is known, which is not that nothing is used.
        if new.memory == nil { return }
        // One that was made anew has counters that begin anew.
        if new.cpuTime < old.cpuTime { return }
        var sample = ScheduleSample(
            project: project, at: realtimeNanoseconds(), milliseconds: max(1, span / 1_000))
        sample.cpu = Int64(clamping: (new.cpuTime - old.cpuTime) * 1_000 / UInt64(span))
        sample.memory = Self.most(new, old)
        sample.disk = Int64(clamping: supervisor.diskUsage(of: project)?.bytes ?? 0)
        sample.slots = Int64(supervisor.agents(of: project))
        sample.cpuStall = stalled(new.pressure.cpu, old.pressure.cpu)
        sample.memoryStall = stalled(new.pressure.memory, old.pressure.memory)
        sample.ioStall = stalled(new.pressure.io, old.pressure.io)
        sample.kills = Int64(clamping: new.kills > old.kills ? new.kills - old.kills : 0)
        found.append(sample)
    }

    /// The most memory since the last look: the kernel's own peak where it was reached since then.
    private static func most(_ new: CgroupSample, _ old: CgroupSample) -> Int64 {
        let ends = max(new.memory?.count ?? 0, old.memory?.count ?? 0)
        if let peak = new.memoryPeak, let before = old.memoryPeak, peak > before {
            return Int64(clamping: max(peak.count, ends))
        }
        return Int64(clamping: ends)
    }
}

extension Use {
    init(_ sample: ScheduleSample) {
        func part(_ thousandths: Int64) -> Double { Double(thousandths) / 1_000 }
        self.init(
            cpu: Double(sample.cpu), memory: Double(sample.memory), disk: Double(sample.disk),
            slots: Double(sample.slots),
            pressure: Pressure(
                cpu: part(sample.cpuStall), memory: part(sample.memoryStall),
                io: part(sample.ioStall)), kills: Int(clamping: sample.kills),
            milliseconds: sample.milliseconds)
    }
}
