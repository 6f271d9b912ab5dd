/// What init is told of the workload that it starts: complete, so that init decides nothing.
///
/// It travels as bytes in a sealed-off file of its own; init reads it in place (`SpawnLayout`).
/// Strings are bytes: what the kernel takes need not be UTF-8, and init has no Unicode tables.
public struct SpawnRequest: Sendable {
    public var user: UInt32
    public var group: UInt32
    /// Bit N is capability N of capabilities(7).
    public var capabilities: UInt64
    /// A terminal of the sandbox's own, of this size, as standard input, output and error.
    public var terminal: WindowSize?
    public var resourceLimits: [Limit]
    public var directory: [UInt8]
    /// Paths of the command's file, tried in order; none where PATH is empty, and then it is not
    /// found.
    public var candidates: [[UInt8]]
    public var arguments: [[UInt8]]
    /// `NAME=VALUE` each.
    public var environment: [[UInt8]]
    /// A seccomp program: an array of struct sock_filter.
    public var filter: [UInt8]
    /// Paths that Landlock lets it write below.
    public var writable: [[UInt8]]
    /// Whether init stays when the workload has ended, until its holder has measured the sandbox. A
    /// supervised one always does.
    public var lingers: Bool
    /// Fields that come before each line that it logs, `NAME=VALUE` and a newline each, as journald
    /// takes them. Empty: what it writes is logged nowhere.
    public var logFields: [UInt8]
    /// Whether init makes the socket at the path that NOTIFY_SOCKET in the environment names.
    public var notify: Bool
    /// Whether the kernel logs what the filter refuses, for somebody who watches that; it makes each such
    /// call dearer.
    public var logsDenials: Bool

    public struct Limit: Equatable, Sendable {
        public var resource: UInt32
        public var soft: UInt64
        public var hard: UInt64

        public init(resource: UInt32, soft: UInt64, hard: UInt64) {
            self.resource = resource
            self.soft = soft
            self.hard = hard
        }
    }

    public struct WindowSize: Equatable, Sendable {
        public var rows: UInt16
        public var columns: UInt16

        public init(rows: UInt16, columns: UInt16) {
            self.rows = rows
            self.columns = columns
        }
    }

    public init(
        user: UInt32, group: UInt32, capabilities: UInt64, terminal: WindowSize?,
        resourceLimits: [Limit], directory: [UInt8], candidates: [[UInt8]], arguments: [[UInt8]],
        environment: [[UInt8]], filter: [UInt8], writable: [[UInt8]], lingers: Bool,
        logFields: [UInt8] = [], notify: Bool = false,
        logsDenials: Bool = false
    ) {
        self.user = user
        self.group = group
        self.capabilities = capabilities
        self.terminal = terminal
        self.resourceLimits = resourceLimits
        self.directory = directory
        self.candidates = candidates
        self.arguments = arguments
        self.environment = environment
        self.filter = filter
        self.writable = writable
        self.lingers = lingers
        self.logFields = logFields
        self.notify = notify
        self.logsDenials = logsDenials
    }

    /// Longest encoding that init accepts. execve(2) takes 2 MiB of arguments and environment at
    /// the usual stack limit; the rest is small.
    public static let encodedLengthMax = 4 << 20

    /// Of a filter in bytes: BPF_MAXINSNS of linux/bpf_common.h is 4,096 instructions of eight.
    static let filterLengths = 8...(4_096 * 8)

    /// Of the log fields in bytes: with a line they fit into one datagram.
    public static let logFieldsLengthMax = 2_048

    static let magic: UInt32 = 0x32_48_4B_42  // "BKH2"

    public func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.append(SpawnRequest.magic)
        writer.append(user)
        writer.append(group)
        writer.append(
            UInt32(
                (terminal == nil ? 0 : 1) | (lingers ? 2 : 0) | (notify ? 4 : 0)
                    | (logsDenials ? 8 : 0)))
        writer.append(UInt32(terminal?.rows ?? 0))
        writer.append(UInt32(terminal?.columns ?? 0))
        writer.append(capabilities)
        writer.append(UInt32(resourceLimits.count))
        for limit in resourceLimits {
            writer.append(limit.resource)
            writer.append(limit.soft)
            writer.append(limit.hard)
        }
        writer.append(UInt32(filter.count))
        writer.bytes += filter
        writer.append(string: directory)
        for list in [candidates, arguments, environment, writable] {
            writer.append(UInt32(list.count))
            for string in list { writer.append(string: string) }
        }
        writer.append(UInt32(logFields.count))
        writer.bytes += logFields
        return writer.bytes
    }
}

/// Little-endian numbers and strings that end with a NUL, one after the other.
struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func append(_ value: UInt32) {
        for shift in [UInt32(0), 8, 16, 24] {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    mutating func append(_ value: UInt64) {
        append(UInt32(truncatingIfNeeded: value))
        append(UInt32(truncatingIfNeeded: value >> 32))
    }

    /// Its length without the NUL, its bytes, the NUL: readable in place as a C string.
    mutating func append(string: [UInt8]) {
        append(UInt32(string.count))
        bytes += string
        bytes.append(0)
    }
}
