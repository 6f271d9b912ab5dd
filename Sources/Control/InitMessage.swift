/// One packet between a sandbox's init and whoever holds the other end of its control socket.
///
/// What comes from init is input: a sandbox that took over its init may send anything.
public enum InitMessage: Equatable, Sendable {
    /// To init: start the workload whose request is in the descriptor that comes along.
    case spawn
    /// To init: send this signal to every process of the sandbox.
    case signal(UInt8)

    /// The workload runs; the terminal's controlling side comes along where it has one.
    case started(pid: UInt32)
    /// The workload was not started.
    case notStarted(SpawnStage, errno: Int32)
    /// A process other than the workload's first was killed by SIGKILL; name as in proc_pid_comm(5).
    case casualty(pid: UInt32, name: [UInt8])
    /// The workload's first process ended: by exit(status) or by a signal.
    case ended(Ending)

    public struct Ending: Equatable, Sendable {
        public var pid: UInt32
        public var signalled: Bool
        /// Exit status or signal number.
        public var status: UInt8
        /// Processor time of it and its waited-for descendants, in microseconds.
        public var userTime: UInt64
        public var systemTime: UInt64
        public var name: [UInt8]

        public init(
            pid: UInt32, signalled: Bool, status: UInt8, userTime: UInt64, systemTime: UInt64,
            name: [UInt8]
        ) {
            self.pid = pid
            self.signalled = signalled
            self.status = status
            self.userTime = userTime
            self.systemTime = systemTime
            self.name = name
        }
    }

    /// Longest packet: the longest fixed part and a command name of 15 bytes.
    public static let lengthMax = 64

    /// TASK_COMM_LEN less the final NUL: linux/sched.h.
    static let nameLengthMax = 15

    public func encoded() -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .spawn: writer.bytes = [1]
        case .signal(let number): writer.bytes = [2, number]
        case .started(let pid):
            writer.bytes = [3]
            writer.append(pid)
        case .notStarted(let stage, let errno):
            writer.bytes = [4, stage.rawValue]
            writer.append(UInt32(bitPattern: errno))
        case .casualty(let pid, let name):
            writer.bytes = [5]
            writer.append(pid)
            writer.bytes += name.prefix(InitMessage.nameLengthMax)
        case .ended(let ending):
            writer.bytes = [6, ending.signalled ? 1 : 0, ending.status]
            writer.append(ending.pid)
            writer.append(ending.userTime)
            writer.append(ending.systemTime)
            writer.bytes += ending.name.prefix(InitMessage.nameLengthMax)
        }
        return writer.bytes
    }

    /// Nil where the bytes are no message.
    public init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let kind = reader.byte() else { return nil }
        switch kind {
        case 1: self = .spawn
        case 2:
            guard let number = reader.byte(), (1...64).contains(number) else { return nil }
            self = .signal(number)
        case 3:
            guard let pid = reader.number() else { return nil }
            self = .started(pid: pid)
        case 4:
            guard let raw = reader.byte(), let stage = SpawnStage(rawValue: raw),
                let errno = reader.number()
            else { return nil }
            self = .notStarted(stage, errno: Int32(bitPattern: errno))
        case 5:
            guard let pid = reader.number() else { return nil }
            let name = reader.rest()
            guard name.count <= InitMessage.nameLengthMax else { return nil }
            self = .casualty(pid: pid, name: name)
        case 6:
            guard let signalled = reader.byte(), signalled <= 1, let status = reader.byte(),
                let pid = reader.number(), let user = reader.longNumber(),
                let system = reader.longNumber()
            else { return nil }
            // 64 is the last signal of x86-64: signal(7).
            if signalled == 1 && !(1...64).contains(status) { return nil }
            let name = reader.rest()
            guard name.count <= InitMessage.nameLengthMax else { return nil }
            self = .ended(
                Ending(
                    pid: pid, signalled: signalled == 1, status: status, userTime: user,
                    systemTime: system, name: name))
        default: return nil
        }
        if !reader.isAtEnd { return nil }
    }
}

/// What init was doing for a workload when it failed; the numbers are those of init's C half.
public enum SpawnStage: UInt8, Equatable, Sendable, CaseIterable {
    case readRequest = 1
    case openTerminal
    case fork
    case newSession
    case attachTerminal
    case resourceLimits
    case keyring
    case landlock
    case user
    case capabilities
    case noNewPrivileges
    case directory
    case closeDescriptors
    case seccomp
    case execute
}
