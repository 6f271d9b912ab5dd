/// What the kernel enforces on a cgroup. Nil means: not limited here.
///
/// Names are those of the cgroup v2 interface files (cgroups(7),
/// Documentation/admin-guide/cgroup-v2.rst).
public struct Limits: Hashable, Sendable {
    /// `memory.max`: above it the kernel reclaims, then kills.
    public var memoryMax: Bytes?
    /// `memory.high`: above it the kernel throttles and reclaims.
    public var memoryHigh: Bytes?
    /// `memory.swap.max`.
    public var swapMax: Bytes?
    /// `cpu.max`.
    public var cpuMax: CPUBandwidth?
    /// `cpu.weight`, 1 to 10,000; the kernel's default is 100.
    public var cpuWeight: UInt32?
    /// `pids.max`: processes and threads together.
    public var pidsMax: UInt32?
    /// `io.max`, one entry a device.
    public var io: [IOLimit]

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
    }
}

extension Limits {
    /// Below a mebibyte not even the sandbox's own init and page tables find room.
    public static let memoryLeast = Bytes.mebibytes(1)
    /// What `cpu.weight` takes (Documentation/admin-guide/cgroup-v2.rst).
    public static let cpuWeights: ClosedRange<UInt64> = 1...10_000
    /// The sandbox's init and the command are two; PID_MAX_LIMIT of linux/threads.h is 2^22.
    public static let pids: ClosedRange<UInt64> = 2...4_194_304
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
