/// What filters decided in one cgroup about one call, with one action, since it was first counted.
public struct Denial: Hashable, Sendable {
    public struct Key: Hashable, Sendable {
        /// The inode number of its directory: cgroups(7).
        public var cgroup: UInt64
        /// Nil: one that no machine has. `others`: one of those beyond the bound of its cgroup.
        public var call: Int32?
        /// SECCOMP_RET_… of linux/seccomp.h.
        public var action: UInt32

        public init(cgroup: UInt64, call: Int32?, action: UInt32) {
            self.cgroup = cgroup
            self.call = call
            self.action = action
        }
    }

    /// Whose answer it was.
    public enum Source: Hashable, Sendable {
        /// The run's profile gives this answer to this call.
        case profile
        /// The same, and the answer is that of a kernel that has not got the call: programs go on without.
        case missing
        /// It never does: a program inside has installed a filter of its own.
        case ownFilter
        /// Which of both is not to be known.
        case either
    }

    /// In the place of a call's number: a cgroup has more kinds than are counted one by one.
    public static let others: Int32 = -2

    public var key: Key
    public var source = Source.profile
    public var count: UInt64
    /// The first process that made it, as the host numbers it.
    public var pid: Int32
    /// What that was called; the process chooses it.
    public var command: String

    public init(_ key: Key, count: UInt64, pid: Int32, command: String) {
        self.key = key
        self.count = count
        self.pid = pid
        self.command = command
    }

    static let keySize = 16
    static let valueSize = 32

    /// From the table's bytes.
    init(key: [UInt8], value: [UInt8]) {
        let call = Int32(truncatingIfNeeded: number(key, at: 8, bytes: 4))
        self.init(
            Key(
                cgroup: number(key, at: 0, bytes: 8), call: call == -1 ? nil : call,
                action: UInt32(truncatingIfNeeded: number(key, at: 12, bytes: 4))),
            count: number(value, at: 0, bytes: 8),
            pid: Int32(truncatingIfNeeded: number(value, at: 8, bytes: 8)),
            command: String(decoding: value[16..<32].prefix { $0 != 0 }, as: UTF8.self))
    }
}

extension Denial.Key {
    /// As the table has it.
    var bytes: [UInt8] {
        Tracing.bytes(cgroup) + Tracing.bytes(UInt64(UInt32(bitPattern: call ?? -1)), count: 4)
            + Tracing.bytes(UInt64(action), count: 4)
    }

    /// Whether it ended a thread or a process: SECCOMP_RET_KILL_PROCESS, …_KILL_THREAD, …_TRAP.
    public var isKill: Bool { action == 0x8000_0000 || action == 0 || action == 0x3_0000 }
}

/// Little-endian.
func number(_ bytes: [UInt8], at start: Int, bytes count: Int) -> UInt64 {
    bytes[start..<start + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

/// Little-endian.
func bytes(_ number: UInt64, count: Int = 8) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
}
