import CInit

/// One run that init knows: it is alive, or how it ended is not acknowledged, or something still
/// holds the pipes of its log.
struct Run {
    /// 0: this place in the table is free.
    var number: UInt64 = 0
    var state = State.running
    /// Of its first process, inside the sandbox. Nobody else has it before that one is reaped.
    var pid: Int32 = 0
    var isAcknowledged = false

    /// What is to be told as soon as there is room. Not a queue: what is told is derived from the
    /// state when it is sent, so that a reader who does not read costs nothing.
    var unsent: Unsent = []
    /// What it said to its notification socket: ever, and since it was last told.
    var heard: Notifications = []
    var untold: Notifications = []

    var logFields: [UInt8] = []
    /// Its standard output, or its terminal, and its standard error.
    var output = LogStream()
    var error = LogStream()
    /// Lines that were not logged and of which no record tells yet; when that one is due.
    var suppressed: UInt64 = 0
    var recordDue: UInt64 = 0

    /// Lines that were not logged and of which no supervisor was told yet.
    var untoldSuppressed: UInt64 = 0
    /// The end of what it wrote, for the account of its end; never much more than is told.
    var tail: [UInt8] = []
    /// What its words hint at and was not told yet; when the next hint may be told, in microseconds.
    var hints: Hints = []
    var hintDue: UInt64 = 0

    /// Its notification socket, and where that is: a C string.
    var notification: Int32 = -1
    var notificationPath: [UInt8] = []
    /// Where it wants to hear of what is taken from its project; empty: nowhere.
    var noticeAddress: [UInt8] = []

    /// The controlling side of its terminal.
    var controller: Int32 = -1
    /// Whether a supervisor has it, or is to have it; while nobody has, it is logged.
    var isAttached = false
    /// Whether the supervisor that gave it to somebody has gone, and nobody came back to it since.
    var isUnclaimed = false
    /// Whether nothing has the other side open; something may still open it again.
    var isHungUp = false

    enum State {
        case running
        case refused(Refusal)
        case ended(InitMessage.Ending)
    }

    struct Unsent: OptionSet {
        let rawValue: UInt8
        static let started = Unsent(rawValue: 1)
        static let outcome = Unsent(rawValue: 2)
        static let running = Unsent(rawValue: 4)
        static let notified = Unsent(rawValue: 8)
        static let terminal = Unsent(rawValue: 16)
        /// The line of a report, which counts it.
        static let listed = Unsent(rawValue: 32)
        static let suppressed = Unsent(rawValue: 64)
        static let hinted = Unsent(rawValue: 128)
    }

    var isRunning: Bool {
        if case .running = state { return true }
        return false
    }

    subscript(_ source: JournalRecord.Source) -> LogStream {
        get { source == .error ? error : output }
        set { if source == .error { error = newValue } else { output = newValue } }
    }

    /// Whether nothing of it is left that anybody would ask for.
    var isOver: Bool {
        isAcknowledged && !isRunning && controller < 0 && output.descriptor < 0
            && error.descriptor < 0
    }
}

/// A pipe that a run writes to, and what has come of its last line. For a terminal only the latter.
struct LogStream {
    var descriptor: Int32 = -1
    var lines = LogLines()
}
