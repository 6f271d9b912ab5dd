public import Cgroups
internal import Plan

/// How often limits were met in a cgroup, as the kernel counts it: from one look to the next, what was
/// added is an event.
public struct LimitCounters: Hashable, Sendable {
    public var oomKills: UInt64
    public var high: UInt64
    public var forksRefused: UInt64
    public var periods: UInt64
    public var throttledPeriods: UInt64
    /// In microseconds.
    public var throttledTime: UInt64
    public var io: CgroupUsage.IOTotals?

    public init() {
        oomKills = 0
        high = 0
        forksRefused = 0
        periods = 0
        throttledPeriods = 0
        throttledTime = 0
    }

    public init(_ usage: CgroupUsage) {
        oomKills = usage.memory?.oomKill ?? 0
        high = usage.memory?.high ?? 0
        forksRefused = usage.forksRefused ?? 0
        periods = usage.periods ?? 0
        throttledPeriods = usage.throttledPeriods ?? 0
        throttledTime = usage.throttledTime ?? 0
        io = usage.io
    }

    /// What was added since `last`; never less than nothing, for a cgroup that was made anew counts anew.
    public func since(_ last: LimitCounters) -> LimitCounters {
        func added(_ key: KeyPath<LimitCounters, UInt64>) -> UInt64 {
            let (now, before) = (self[keyPath: key], last[keyPath: key])
            return now >= before ? now - before : now
        }
        var result = LimitCounters()
        result.oomKills = added(\.oomKills)
        result.high = added(\.high)
        result.forksRefused = added(\.forksRefused)
        result.periods = added(\.periods)
        result.throttledPeriods = added(\.throttledPeriods)
        result.throttledTime = added(\.throttledTime)
        if let io, let before = last.io {
            result.io = .init(
                readBytes: Bytes(
                    io.readBytes.count &- min(before.readBytes.count, io.readBytes.count)),
                writtenBytes: Bytes(
                    io.writtenBytes.count &- min(before.writtenBytes.count, io.writtenBytes.count)),
                reads: io.reads &- min(before.reads, io.reads),
                writes: io.writes &- min(before.writes, io.writes))
        }
        return result
    }

    /// What was met, a line each. `limits` are those of the cgroup itself.
    ///
    /// - Parameters:
    ///   - killed: who was killed for want of memory, as far as that is known.
    ///   - hasOwnProcesses: whether it is a leaf. In the cgroup above leaves only what its own limits
    ///     do is told, for the rest is told of the leaves.
    public func events(
        in limits: [LimitInForce], use: CgroupUsage, killed: [OutOfMemoryKill]
    ) -> [(kind: LimitKind, count: UInt64, text: String)] {
        var found: [(LimitKind, UInt64, String)] = []
        if oomKills > 0 {
            let who = killed.last.map { "\(quoted($0.command)), host pid \($0.hostPID), was" }
            let whom = oomKills == 1 ? "1 process was" : "\(oomKills) processes were"
            let peak = use.memoryPeak.map { ", peak \($0)" } ?? ""
            let isShort = killed.last?.isMachineWide == true
            let why =
                isShort
                ? "the machine is out of memory"
                : Self.value("memory.max", limits).map { "memory.max \(Bytes($0))\(peak)" }
                    ?? "a limit above it"
            found.append(
                (.memoryOOM, oomKills, "\(oomKills == 1 ? who ?? whom : whom) killed: \(why)"))
        }
        if high > 0 {
            let limit = Self.value("memory.high", limits).map { " \(Bytes($0))" } ?? ""
            let used = use.memoryCurrent.map { ", \($0) in use" } ?? ""
            found.append(
                (.memoryHigh, high, "was held \(high) times at memory.high\(limit)\(used)"))
        }
        if forksRefused > 0 {
            let forks = forksRefused == 1 ? "1 fork was" : "\(forksRefused) forks were"
            let limit =
                Self.value("pids.max", limits).map { "pids.max \($0)" } ?? "a limit above it"
            found.append((.pidsMax, forksRefused, "\(forks) refused: \(limit)"))
        }
        if throttledPeriods > 0 {
            let limit = limits.first { $0.file == "cpu.max" }?.value ?? ""
            let text = Self.bandwidth(limit).map { "cpu.max \($0)" } ?? "a limit above it"
            found.append(
                (
                    .cpuThrottled, throttledPeriods,
                    "was stopped in \(throttledPeriods) of \(periods) periods,"
                        + " \(Milliseconds(throttledTime / 1_000)) in all: \(text)"
                ))
        }
        return found
    }

    private static func value(_ file: String, _ limits: [LimitInForce]) -> UInt64? {
        limits.first { $0.file == file }.flatMap { UInt64($0.value) }
    }

    /// `50000 100000`.
    static func bandwidth(_ text: String) -> CPUBandwidth? {
        let words = text.split(separator: " ")
        guard words.count == 2, let quota = UInt64(words[0]), let period = UInt64(words[1]),
            period > 0
        else { return nil }
        return CPUBandwidth(millicores: UInt32(clamping: quota &* 1_000 / period))
    }
}
