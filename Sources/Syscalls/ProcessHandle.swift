internal import CLinux

/// A process, held by its pidfd so that its number cannot come to mean another: pidfd_open(2).
public struct ProcessHandle: ~Copyable, Sendable {
    public let pid: Int32
    public let descriptor: FileDescriptor

    public init(pid: Int32, descriptor: consuming FileDescriptor) {
        self.pid = pid
        self.descriptor = descriptor
    }

    /// A process by its number, which may already mean another than was thought: compare what it is
    /// after this. The corresponding call is pidfd_open(2).
    public init(opening pid: Int32) throws(SystemCallError) {
        self.init(
            pid: pid,
            descriptor: FileDescriptor(
                owning: CInt(
                    try checked("pidfd_open", on: "process \(pid)") { bh_pidfd_open(pid) })))
    }

    /// Sends a signal; a process that has ended already is no error. The corresponding call is
    /// pidfd_send_signal(2).
    public func signal(_ signal: Signal) throws(SystemCallError) {
        try sendSignal(signal, toProcess: pid, by: descriptor.number)
    }

    /// Throws `ESRCH` where the process has ended and was reaped; while this does not, its number means
    /// it and nobody else. The corresponding call is pidfd_send_signal(2), with signal 0.
    public func checkAlive() throws(SystemCallError) {
        let number = descriptor.number
        try checked("pidfd_send_signal", on: "process \(pid)") { bh_pidfd_send_signal(number, 0) }
    }

    /// Whether it has ended, reaped or not. The corresponding call is ppoll(2).
    public func hasEnded() throws(SystemCallError) -> Bool {
        var entries = [PollEntry(descriptor.number, .readable)]
        try poll(&entries, timeoutMilliseconds: 0)
        return !entries[0].occurred.isEmpty
    }

    /// Waits until the child has ended, and reaps it. The corresponding call is waitid(2).
    public func wait() throws(SystemCallError) -> ProcessExit {
        try waitForEnd(ofProcess: pid, by: descriptor.number)
    }

    /// Reaps the child if it has ended; nil: it runs. `ECHILD`: it is not ours. The corresponding call
    /// is waitid(2) with `WNOHANG`.
    public func reap() throws(SystemCallError) -> ProcessExit? {
        var found = bh_exit()
        let number = descriptor.number
        let reaped = try checked("waitid", on: "process \(pid)") { bh_wait(number, 1, &found) }
        return reaped == 0 ? nil : ProcessExit(found)
    }

    /// Kills the child and reaps it.
    public func killAndReap() {
        // Both fail only where the child is gone and reaped, which is what is wanted.
        try? signal(.SIGKILL)
        _ = try? wait()
    }
}

func sendSignal(
    _ signal: Signal, toProcess pid: Int32, by pidfd: CInt
) throws(SystemCallError) {
    do {
        try checked("pidfd_send_signal", on: "process \(pid)") {
            bh_pidfd_send_signal(pidfd, signal.rawValue)
        }
    } catch  where error.errno == .ESRCH {}
}

func waitForEnd(ofProcess pid: Int32, by pidfd: CInt) throws(SystemCallError) -> ProcessExit {
    var found = bh_exit()
    try checked("waitid", on: "process \(pid)") { bh_wait(pidfd, 0, &found) }
    return ProcessExit(found)
}

/// How a process ended.
public struct ProcessExit: Hashable, Sendable {
    public enum Status: Hashable, Sendable {
        case exited(code: Int32)
        case killed(signal: Int32, coreDumped: Bool)
    }

    public let status: Status
    /// Processor time of the process and its reaped descendants, in microseconds.
    public let userTime: UInt64
    public let systemTime: UInt64

    init(_ found: bh_exit) {
        // CLD_EXITED is 1, CLD_KILLED 2, CLD_DUMPED 3: sigaction(2).
        status =
            found.code == 1
            ? .exited(code: found.status)
            : .killed(signal: found.status, coreDumped: found.code == 3)
        userTime = found.user_us
        systemTime = found.system_us
    }
}

/// A signal's number on x86-64: signal(7).
public struct Signal: RawRepresentable, Hashable, Sendable {
    public let rawValue: CInt
    public init(rawValue: CInt) { self.rawValue = rawValue }

    public static let SIGHUP = Signal(rawValue: 1)
    public static let SIGINT = Signal(rawValue: 2)
    public static let SIGQUIT = Signal(rawValue: 3)
    public static let SIGKILL = Signal(rawValue: 9)
    public static let SIGUSR1 = Signal(rawValue: 10)
    public static let SIGUSR2 = Signal(rawValue: 12)
    public static let SIGTSTP = Signal(rawValue: 20)
    public static let SIGPIPE = Signal(rawValue: 13)
    public static let SIGTERM = Signal(rawValue: 15)
    public static let SIGCHLD = Signal(rawValue: 17)
    public static let SIGSYS = Signal(rawValue: 31)
    public static let SIGWINCH = Signal(rawValue: 28)

    /// `SIGKILL`, or `signal 40` for one without a name of its own.
    public var name: String {
        let names = [
            "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE",
            "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM",
            "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU",
            "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR",
            "SIGSYS",
        ]
        let index = Int(rawValue)
        return names.indices.contains(index) && index > 0 ? names[index] : "signal \(rawValue)"
    }
}

/// The corresponding call is getpid(2).
public func currentProcessID() -> Int32 { Int32(bh_getpid()) }

/// The corresponding call is geteuid(2).
public func effectiveUserID() -> UInt32 { UInt32(bh_geteuid()) }

/// Bit N is set where capability N of capabilities(7) is effective. The corresponding call is
/// capget(2).
public func effectiveCapabilities() -> UInt64 { UInt64(bitPattern: bh_effective_capabilities()) }
