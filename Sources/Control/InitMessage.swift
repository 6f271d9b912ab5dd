/// One packet between a sandbox's init and whoever holds the other end of its control socket.
///
/// What comes from init is input: a sandbox that took over its init may send anything.
///
/// A held sandbox has one run, 0. In a supervised one runs have the numbers of the ledger, and what
/// init has to say of a run it says again to each new connection that asks with `report`, until the
/// end of the run is acknowledged. So what comes may come twice.
public enum InitMessage: Equatable, Sendable {
    // MARK: To init

    /// What init keeps for life, with the descriptors that are named. `capabilities` are those that
    /// runs may be given, as in capabilities(7); the first `hold` gives up every other for good.
    case hold(LogBudget, capabilities: UInt64, HoldDescriptors)
    /// Start a run, with the descriptors that are named. A number that is known is not started again:
    /// its state is told again.
    case spawn(run: UInt64, SpawnDescriptors)
    /// To the first process of the run, unless it has ended.
    case signal(UInt8, run: UInt64)
    /// To every process of the sandbox.
    case signalAll(UInt8)
    /// How this run ended, or that it was not started, is safely known: init may forget it.
    case acknowledge(run: UInt64)
    /// Tell every run that is not acknowledged: `running`, `ended` or `notStarted` each, then
    /// `reported`.
    case report
    /// Whether somebody is to have the controlling side of the run's terminal; if so the answer is
    /// `terminal`. While nobody has it, what comes from it is logged.
    case attach(Bool, run: UInt64)
    /// To whoever of the run asked for notices: what is about to be taken from its project.
    case notice(PreemptionNotice, run: UInt64)

    // MARK: From init

    /// The run's command executes. With a terminal its controlling side comes along, attached.
    case started(run: UInt64, pid: UInt32)
    /// The run was not started.
    case notStarted(run: UInt64, SpawnStage, errno: Int32)
    /// A process other than a run's first was killed by SIGKILL; name as in proc_pid_comm(5). Run 0
    /// where it is not known whose it was. Told once, and only if there is room.
    case casualty(run: UInt64, pid: UInt32, name: [UInt8])
    /// The run's first process ended: by exit(status) or by a signal.
    case ended(run: UInt64, Ending)
    /// What it said to its notification socket since this was last told.
    case notified(run: UInt64, Notifications)
    /// In a report: a run that has not ended, and all that it has said so far.
    case running(run: UInt64, pid: UInt32, Notifications)
    /// The end of a report of so many runs.
    case reported(count: UInt32)
    /// The controlling side of the run's terminal comes along; where it has none, or has ended,
    /// nothing does.
    case terminal(run: UInt64)
    /// Nobody is at the other end of the journal's socket any more: another is wanted, by `hold`.
    case journalLost
    /// The last that the run wrote where it is logged, told before its end.
    case said(run: UInt64, [UInt8])
    /// So many lines of the run were not logged since this was last told: there were too many.
    case suppressed(run: UInt64, count: UInt64)
    /// The run wrote words that programs write when they meet a limit.
    case hinted(run: UInt64, Hints)

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

    /// Longest packet: that with what a run wrote last.
    public static let lengthMax = 2_112

    /// Of what a run wrote last, so many bytes are kept and told: ten lines of a log.
    public static let saidMax = 2_048

    /// Most descriptors that come with a packet.
    public static let descriptorsMax = 5

    /// Runs that init remembers at once, alive or not acknowledged. Another is refused: `EUSERS`.
    public static let runsMax = 4_096

    /// TASK_COMM_LEN less the final NUL: linux/sched.h.
    static let nameLengthMax = 15
}
