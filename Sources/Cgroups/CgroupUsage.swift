public import Plan

/// What the processes of one cgroup have used since it was made. Nil: the kernel does not say,
/// because the controller is not there or the file is newer than the kernel.
public struct CgroupUsage: Hashable, Sendable {
    /// `cpu.stat`, in microseconds; there with or without the controller.
    public var cpuTime: UInt64?
    public var cpuTimeUser: UInt64?
    public var cpuTimeSystem: UInt64?
    /// Periods in which `cpu.max` stopped the cgroup, and for how long in all, in microseconds.
    public var throttledPeriods: UInt64?
    /// Periods in which it had something to do.
    public var periods: UInt64?
    public var throttledTime: UInt64?
    /// `memory.peak`, from Linux 5.19 on.
    public var memoryPeak: Bytes?
    public var memoryCurrent: Bytes?
    /// `memory.events`.
    public var memory: MemoryEvents?
    /// `pids.current`: processes and threads.
    public var pidsCurrent: UInt64?
    /// `pids.peak`, from Linux 6.11 on.
    public var pidsPeak: UInt64?
    /// `pids.events`: forks that were refused.
    public var forksRefused: UInt64?
    /// `io.stat`, all devices together.
    public var io: IOTotals?

    public init() {}

    public struct MemoryEvents: Hashable, Sendable {
        /// Times that `memory.high` throttled; that use was about to exceed `memory.max`; that
        /// reclaim then failed; and processes killed for want of memory, here or by a cgroup above.
        public var high: UInt64
        public var max: UInt64
        public var oom: UInt64
        public var oomKill: UInt64

        public init(high: UInt64 = 0, max: UInt64 = 0, oom: UInt64 = 0, oomKill: UInt64 = 0) {
            self.high = high
            self.max = max
            self.oom = oom
            self.oomKill = oomKill
        }
    }

    public struct IOTotals: Hashable, Sendable {
        public var readBytes: Bytes
        public var writtenBytes: Bytes
        public var reads: UInt64
        public var writes: UInt64

        public init(readBytes: Bytes, writtenBytes: Bytes, reads: UInt64, writes: UInt64) {
            self.readBytes = readBytes
            self.writtenBytes = writtenBytes
            self.reads = reads
            self.writes = writes
        }
    }
}

extension CgroupUsage {
    /// Reads it by `read`, which returns the content of a control file, nil where it is absent.
    init(_ read: (String) -> String?) {
        if let table = read("cpu.stat").map(flatKeyed) {
            cpuTime = table["usage_usec"]
            cpuTimeUser = table["user_usec"]
            cpuTimeSystem = table["system_usec"]
            throttledPeriods = table["nr_throttled"]
            periods = table["nr_periods"]
            throttledTime = table["throttled_usec"]
        }
        if let table = read("memory.events").map(flatKeyed) {
            memory = MemoryEvents(
                high: table["high"] ?? 0, max: table["max"] ?? 0, oom: table["oom"] ?? 0,
                oomKill: table["oom_kill"] ?? 0)
            memoryPeak = read("memory.peak").flatMap(single).map { Bytes($0) }
            memoryCurrent = read("memory.current").flatMap(single).map { Bytes($0) }
        }
        if let table = read("pids.events").map(flatKeyed) {
            forksRefused = table["max"]
            pidsPeak = read("pids.peak").flatMap(single)
            pidsCurrent = read("pids.current").flatMap(single)
        }
        io = read("io.stat").map(IOTotals.init(summing:))
    }
}

extension CgroupUsage.IOTotals {
    /// `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`, one line a device.
    init(summing text: String) {
        self.init(readBytes: Bytes(0), writtenBytes: Bytes(0), reads: 0, writes: 0)
        for entry in text.split(whereSeparator: { $0 == "\n" || $0 == " " }) {
            let parts = entry.split(separator: "=")
            guard parts.count == 2, let value = UInt64(parts[1]) else { continue }
            switch parts[0] {
            case "rbytes": readBytes.count &+= value
            case "wbytes": writtenBytes.count &+= value
            case "rios": reads &+= value
            case "wios": writes &+= value
            default: continue
            }
        }
    }
}

/// Lines of `KEY VALUE`, as in cgroup's flat keyed files and proc_vmstat(5).
public func flatKeyed(_ text: String) -> [Substring: UInt64] {
    var result: [Substring: UInt64] = [:]
    for line in text.split(separator: "\n") {
        let parts = line.split(separator: " ")
        if parts.count == 2, let value = UInt64(parts[1]) { result[parts[0]] = value }
    }
    return result
}

/// The one number of a file; nil for `max`.
func single(_ text: String) -> UInt64? {
    text.split(separator: "\n").first.flatMap { UInt64($0) }
}
