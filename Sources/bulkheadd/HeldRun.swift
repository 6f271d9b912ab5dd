internal import EventLoop
internal import Observing
internal import Plan
internal import Syscalls
internal import Varlink

typealias TerminalCaller = (call: Call, action: ControlAction?)

/// A run that is not over.
final class HeldRun {
    let id: RunID
    let project: ProjectName
    let workload: WorkloadName
    let kind: RunRow.Kind
    /// The declared task that it is of; nil: none, or a service.
    var task: WorkloadName?
    /// What was started, and as whom inside of its sandbox; empty and nil: it was taken over.
    var command: [String] = []
    var identity: Identity?
    /// Limits that are the run's and not its task's.
    var ownLimits: [LimitName: LimitValue] = [:]
    /// What the ledger knows to be in force; nil: its limits cannot change.
    var recordedLimits: Limits?
    /// Of their control files.
    var limitWatches: Set<Int32> = []
    /// First process of it on the host; nil before it is known.
    var pid: Int32?
    /// Whether init has said what became of it.
    var isAnswered = false
    /// Of CLOCK_MONOTONIC, in microseconds.
    var startedAt: Int64?
    /// Who asked for it and hears how it goes.
    var caller: Call?
    /// Lives on without its caller.
    var isDetached = false
    /// Others who wait for its end.
    var listeners: [Call] = []
    /// Nil: it was taken over, and nobody wrote that down.
    var hasTerminal: Bool?
    /// Who asked for its terminal and does not have it yet, and what is written down of that.
    var terminalCaller: TerminalCaller?
    /// Between it and whoever is connected to it, until it has ended.
    var recorder: HeldRecorder?
    /// Whoever has it from its beginning has it with a recorder or not at all.
    var isRecorded = false
    /// Why its session could not go on, where that was not written down to its end.
    var unrecorded: String?
    /// Not all that it said could be passed on.
    var isUndelivered = false
    /// The connection of whoever has its terminal, for as long as it lasts.
    var attachedConnection: Int?
    /// Ends it when its time is over.
    var timer: TimerSource?
    /// It was taken over, and whoever asked for it did so at another supervisor.
    var isOrphan = false
    /// Until whoever asked for it has to be back.
    var returnTimer: TimerSource?
    /// Until whoever had its terminal has to be back.
    var sessionTimer: TimerSource?
    /// Its time is over, also where init begins it only now.
    var isCut = false
    /// What ended it, where that was not itself, as far as its service does not know that.
    var stop: StopOrder?
    /// It began under another supervisor.
    var isTakenOver = false
    /// What the kernel's log had told before it began; 0: it was taken over.
    var logMark: UInt64 = 0
    /// The last signal that somebody had us send.
    var sent: EndEvidence.SentSignal?
    /// How its project's storage was when it said that it had no room and that was so.
    var fullDisk: DiskUsage?
    /// For an exec probe: what to do with its end.
    var probe: ProbeKey?

    init(_ id: RunID, _ project: ProjectName, _ workload: WorkloadName, _ kind: RunRow.Kind) {
        self.id = id
        self.project = project
        self.workload = workload
        self.kind = kind
    }

    init(_ row: RunRow) {
        id = row.id
        project = row.project
        workload = row.workload
        kind = row.kind
        isDetached = row.isDetached
        if case .running(let pid) = row.state {
            self.pid = pid
            isAnswered = true
        }
    }
}

/// The cgroup of a run that has ended: to be removed as soon as the kernel has ended what was left.
struct Leftover {
    let project: ProjectName
    let run: RunID
}

extension StopOrder {
    /// What a kill at a moment is that was written down before: a time limit, or the end of whoever
    /// wanted the run.
    init(_ due: RunRow.Due) {
        if due.cause.utf8.starts(with: "time limit".utf8) {
            self.init(.timeLimit, due.cause)
        } else {
            self.init(.operator, due.cause)
        }
    }
}
