/// What a project or one of its workloads may use: most of it enforced by the kernel on a cgroup, the
/// rest on its processes, mounts and files. Nil means: not limited here, or what is usual.
///
/// Names are those of the cgroup v2 interface files (cgroups(7),
/// Documentation/admin-guide/cgroup-v2.rst). `LimitName` has a word for each, and `self[name]` reads
/// and sets it.
public struct Limits: Hashable, Sendable {
    /// `memory.max`: above it the kernel reclaims, then kills.
    public var memoryMax: Bytes?
    /// `memory.high`: above it the kernel throttles and reclaims.
    public var memoryHigh: Bytes?
    /// `memory.low`: below it nothing is reclaimed while others have what can be.
    public var memoryLow: Bytes?
    /// `memory.min`: below it nothing is ever reclaimed. A guarantee.
    public var memoryMin: Bytes?
    /// `memory.swap.max`.
    public var swapMax: Bytes?
    /// `cpu.max`.
    public var cpuMax: CPUBandwidth?
    /// `cpu.weight`, 1 to 10,000; the kernel's default is 100.
    public var cpuWeight: UInt32?
    /// `cpu.max.burst`, in microseconds: what of unused time may be used above `cpu.max` later.
    public var cpuBurst: UInt64?
    /// `cpuset.cpus`.
    public var cpuSet: CPUSet?
    /// Guaranteed processor time; no control file says it.
    public var cpuMin: CPUBandwidth?
    /// `pids.max`: processes and threads together.
    public var pidsMax: UInt32?
    /// `io.weight`, 1 to 10,000; the kernel's default is 100.
    public var ioWeight: UInt32?
    /// `io.max`, one entry a device.
    public var io: [IOLimit]
    /// `hugetlb.SIZE.max`, one entry a size.
    public var hugePages: [HugePageLimit]
    /// What the project's files may take up.
    public var disk: Bytes?
    /// How many files the project may have.
    public var inodes: UInt64?
    /// `RLIMIT_NOFILE` of each process: getrlimit(2).
    public var openFiles: UInt32?
    /// Size of the sandbox's /tmp. What is in it counts as memory.
    public var tmp: Bytes?
    /// Size of the sandbox's /dev/shm. What is in it counts as memory.
    public var shm: Bytes?
    /// Lines of output.
    public var logRate: LogRate?

    public init(
        memoryMax: Bytes? = nil, memoryHigh: Bytes? = nil, swapMax: Bytes? = nil,
        cpuMax: CPUBandwidth? = nil, cpuWeight: UInt32? = nil, pidsMax: UInt32? = nil,
        io: [IOLimit] = []
    ) {
        self.memoryMax = memoryMax
        self.memoryHigh = memoryHigh
        self.swapMax = swapMax
        self.cpuMax = cpuMax
        self.cpuWeight = cpuWeight
        self.pidsMax = pidsMax
        self.io = io
        hugePages = []
    }
}

extension Limits {
    /// Below a mebibyte not even the sandbox's own init and page tables find room.
    public static let memoryLeast = Bytes.mebibytes(1)
    /// What `cpu.weight` and `io.weight` take (Documentation/admin-guide/cgroup-v2.rst).
    public static let cpuWeights: ClosedRange<UInt64> = 1...10_000
    /// The sandbox's init and the command are two; PID_MAX_LIMIT of linux/threads.h is 2^22.
    public static let pids: ClosedRange<UInt64> = 2...4_194_304
    /// Three are needed to begin with and a dynamic linker wants some more; the kernel's own bound
    /// (fs.nr_open) is a mebi where nobody raised it.
    public static let openFilesRange: ClosedRange<UInt64> = 16...1_048_576
    /// A volume cannot have more: ext4 and xfs count them in 32 bits.
    public static let inodesRange: ClosedRange<UInt64> = 1...UInt64(UInt32.max)
    /// Lines in a second.
    public static let logRates: ClosedRange<UInt64> = 1...1_000_000
    /// Room for more than one page of a file and its directory.
    public static let scratchLeast = Bytes.kibibytes(64)
    /// Smaller than this no file system can be made.
    public static let diskLeast = Bytes.mebibytes(1)
    /// What 8,192 processors, the most that Linux knows, do in the usual period of 100 ms: the kernel
    /// takes no burst above the quota (kernel/sched/core.c).
    public static let cpuBurstMax: UInt64 = 8_192 * 100_000
}

/// A share of processor time in thousandths of one processor: 1,500 is one and a half.
public struct CPUBandwidth: Hashable, Comparable, Sendable {
    public var millicores: UInt32

    public init(millicores: UInt32) { self.millicores = millicores }

    public static func < (left: CPUBandwidth, right: CPUBandwidth) -> Bool {
        left.millicores < right.millicores
    }
}

/// Limits for the block device that holds a path (`io.max`). Nil means: not limited.
public struct IOLimit: Hashable, Sendable {
    /// A path on the file system whose device is limited, or the device node itself.
    public var path: String
    public var readBytesPerSecond: Bytes?
    public var writeBytesPerSecond: Bytes?
    public var readOperationsPerSecond: UInt64?
    public var writeOperationsPerSecond: UInt64?

    public init(
        path: String, readBytesPerSecond: Bytes? = nil, writeBytesPerSecond: Bytes? = nil,
        readOperationsPerSecond: UInt64? = nil, writeOperationsPerSecond: UInt64? = nil
    ) {
        self.path = path
        self.readBytesPerSecond = readBytesPerSecond
        self.writeBytesPerSecond = writeBytesPerSecond
        self.readOperationsPerSecond = readOperationsPerSecond
        self.writeOperationsPerSecond = writeOperationsPerSecond
    }
}

/// How much memory in huge pages of one size may be used.
public struct HugePageLimit: Hashable, Sendable {
    public var size: HugePageSize
    public var max: Bytes

    public init(size: HugePageSize, max: Bytes) {
        self.size = size
        self.max = max
    }
}
