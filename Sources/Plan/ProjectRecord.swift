/// What has to outlive the supervisor about one project: the ledger keeps it, `Supervision` makes it
/// and continues from it. Times are of CLOCK_MONOTONIC in microseconds and mean nothing after a boot.
public struct ProjectRecord: Hashable, Sendable {
    /// What the project shall become and remain.
    public enum Goal: String, Hashable, Sendable, CaseIterable {
        case active, paused, maintenance, stopped, archived, removed
    }

    /// How far its sandbox is.
    public enum Stage: String, Hashable, Sendable, CaseIterable {
        case none, launching, up
        /// Its services are being ended, then it.
        case draining
        case ending
    }

    /// Whether it has a place on the machine: a project without one has no sandbox.
    public enum Admission: Hashable, Sendable {
        /// It wants none.
        case none
        /// It waits for one, since this moment of CLOCK_MONOTONIC in microseconds.
        case asked(since: Int64)
        case admitted

        /// Nil unless it waits.
        public var askedAt: Int64? {
            switch self {
            case .asked(let since): since
            case .none, .admitted: nil
            }
        }
    }

    /// What is taken from it because the machine is short of something, or by the hour. What it shall be stays
    /// as it is.
    public enum Preemption: String, Hashable, Sendable, CaseIterable {
        case none
        /// It stands still since its work hours are over.
        case resting
        /// It stands still.
        case frozen
        /// It has no sandbox.
        case stopped

        /// Whether its processes exist and do not run.
        public var standsStill: Bool {
            switch self {
            case .resting, .frozen: true
            case .none, .stopped: false
            }
        }
    }

    public var name: ProjectName
    /// `Supervision`'s word for the phase, which follows from goal and stage: for people.
    public var phase: String
    /// Why, where the phase needs a reason.
    public var reason: String
    public var goal: Goal
    public var stage: Stage
    /// When the sandbox came up.
    public var upSince: Int64?
    /// When the next launch is due, after one failed or a sandbox was lost.
    public var dueAt: Int64?
    /// Launches that failed in a row.
    public var attempts: UInt32
    /// Who or what last changed what it shall be, and so ends what runs in it.
    public var leaving: StopOrder?
    /// The status that the configuration declared when it was last looked at: a change of it is a
    /// wish, its repetition is not.
    public var declared: DeclaredStatus
    public var admission = Admission.none
    public var preemption = Preemption.none
    /// Why, in a few words.
    public var preemptionReason = ""
    /// An operator wants it to run outside its work hours: until those begin, whatever boots are between.
    public var isAwake = false
    /// An operator wants it to run although the machine is short of something: until that is over.
    public var isSpared = false
    public var services: [ServiceRecord]

    public init(
        name: ProjectName, phase: String, reason: String, goal: Goal, stage: Stage,
        declared: DeclaredStatus, services: [ServiceRecord]
    ) {
        self.name = name
        self.phase = phase
        self.reason = reason
        self.goal = goal
        self.stage = stage
        self.declared = declared
        self.services = services
        attempts = 0
    }
}

/// What has to outlive the supervisor about one service. Times as in `ProjectRecord`.
public struct ServiceRecord: Hashable, Sendable {
    /// Why a run is being stopped.
    public enum StopCause: String, Hashable, Sendable, CaseIterable {
        /// An operator or the configuration wants it: no failure.
        case asked
        case unhealthy
        /// It said `STOPPING=1`: sd_notify(3).
        case itself
    }

    public var name: WorkloadName
    /// Stopped by an operator, and so not to be started by itself.
    public var isHeld: Bool
    public var phase: String
    public var reason: String
    /// The current run; nil: none.
    public var run: RunID?
    public var startedAt: Int64?
    /// When the next start is due, while it backs off or is parked; when the kill is, while it stops,
    /// and nil there once it was killed.
    public var dueAt: Int64?
    /// While it stops.
    public var stopCause: StopCause?
    /// Why, and by whom.
    public var stop: StopOrder?
    /// Restarts in all, and of those the ones since the delay was last reset.
    public var restarts: UInt64
    public var consecutive: UInt32
    public var failuresAt: [Int64]
    /// The circuit breaker lets one run prove itself.
    public var isHalfOpen: Bool
    public var isReady: Bool
    /// Of the current run: whether its startup check has passed, and whether it said `READY=1`.
    public var hasStarted: Bool
    public var hasNotified: Bool

    public init(name: WorkloadName, phase: String) {
        self.name = name
        self.phase = phase
        isHeld = false
        reason = ""
        restarts = 0
        consecutive = 0
        failuresAt = []
        isHalfOpen = false
        isReady = false
        hasStarted = false
        hasNotified = false
    }
}

/// What has to outlive the supervisor about a live sandbox, so that it is found and known again.
public struct SandboxRecord: Hashable, Sendable {
    public var project: ProjectName
    public var range: IDRange
    /// init's pid on the host and when it started: field 22 of proc_pid_stat(5). 0: it was being made.
    public var pid: Int32
    public var startTime: UInt64
    /// The kernel's boot_id: random(4).
    public var boot: String
    /// Its cgroup's directory on the host; empty where there is none.
    public var cgroup: String
    /// Nanoseconds since the epoch.
    public var launchedAt: Int64

    public init(
        project: ProjectName, range: IDRange, pid: Int32, startTime: UInt64, boot: String,
        cgroup: String, launchedAt: Int64
    ) {
        self.project = project
        self.range = range
        self.pid = pid
        self.startTime = startTime
        self.boot = boot
        self.cgroup = cgroup
        self.launchedAt = launchedAt
    }
}

/// One run of a workload, from intent to end.
public struct RunRow: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case service, task, exec, probe
    }
    public enum State: Hashable, Sendable {
        /// Written before init is asked.
        case intended
        case running(pid: Int32)
        /// init could not start it.
        case refused(reason: String)
        case ended(RunEnd, cause: String)
    }

    public var id: RunID
    public var project: ProjectName
    public var workload: WorkloadName
    public var kind: Kind
    public var command: [String]
    /// The caller's word for it, so that it finds its run again after it lost the connection; empty:
    /// none.
    public var token: String
    /// Who asked: 0 for the supervisor itself.
    public var actor: UInt32
    public var state: State
    /// Nanoseconds since the epoch.
    public var startedAt: Int64
    public var endedAt: Int64?
    /// Lives on when whoever asked for it has gone.
    public var isDetached = false
    public var due: Due?

    /// When a run is to be killed, whoever is supervisor then.
    public struct Due: Hashable, Sendable {
        /// Of CLOCK_MONOTONIC, in microseconds.
        public var at: Int64
        /// In a few words: `time limit of 5s reached`.
        public var cause: String

        public init(at: Int64, cause: String) {
            self.at = at
            self.cause = cause
        }
    }

    public init(
        id: RunID, project: ProjectName, workload: WorkloadName, kind: Kind, command: [String],
        token: String = "", actor: UInt32 = 0, state: State = .intended, startedAt: Int64
    ) {
        self.id = id
        self.project = project
        self.workload = workload
        self.kind = kind
        self.command = command
        self.token = token
        self.actor = actor
        self.state = state
        self.startedAt = startedAt
    }
}
