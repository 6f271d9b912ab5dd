public import Plan

/// What is asked of the supervisor, and how its answer is wanted.
public struct SupervisorArguments: Hashable, Sendable {
    public let command: CommandName
    public let request: SupervisorRequest
    /// Why, where it changes something; nil: nothing was said.
    public let reason: StatedReason?
    public let json: Bool
    /// Nil: the environment's or the usual one.
    public let socket: String?

    init(
        _ command: CommandName, _ request: SupervisorRequest, reason: StatedReason? = nil,
        json: Bool,
        socket: String?
    ) {
        self.command = command
        self.request = request
        self.reason = reason
        self.json = json
        self.socket = socket
    }
}

/// What is asked of the supervisor: a command line, understood.
public enum SupervisorRequest: Hashable, Sendable {
    case projects(namesOnly: Bool)
    /// Nil: how the supervisor does, and its projects in short.
    case status(Target?, namesOnly: Bool)
    case processes(ProjectName?)
    case runs(ProjectName?, limit: UInt32)
    case logs(LogsRequest)
    case watch(ProjectName?)
    /// - timeout: nil: do not wait.
    case change(Change, Target, timeout: Milliseconds?)
    case move(Move, ProjectName)
    case remove(ProjectName, withStorage: Bool)
    case register(ProjectName, path: String)
    case discover(paths: [String], depth: UInt32, registers: Bool)
    case configuration(ConfigurationAction)
    case execute(ExecuteRequest)
    case attach(Target)
    case storage(StorageRequest)
    case kill(Target, run: RunID?, signal: SignalNumber, whole: Bool)
    case quota(QuotaAction)
    case schedule(ScheduleAction)
    case explain(Target)
    case explainRun(RunID)
    /// - interval: nil: one sample.
    case stats(ProjectName?, interval: Milliseconds?)
    case top(TopRequest)

    public enum Change: String, Hashable, Sendable { case start, stop, restart }
    public enum Move: String, Hashable, Sendable { case pause, resume, maintain, archive }
}

/// What `bulkhead config` does.
public enum ConfigurationAction: Hashable, Sendable {
    /// Of the files in this directory; nil: where they usually are.
    case check(directory: String?)
    case diff
    case apply(planOnly: Bool)
    case history(limit: UInt32)
    case rollback(version: UInt64, planOnly: Bool)

    enum Name: String, CaseIterable { case check, diff, apply, history, rollback }
    static let names = Name.allCases.map(\.rawValue)
}

/// What the commands do that divide the machine.
public enum ScheduleAction: Hashable, Sendable {
    case show
    /// As it was written: the supervisor knows which there are.
    case strategy(String)
    case history(ProjectName?, limit: UInt32)
    case samples(limit: UInt32)
    case optimize(planOnly: Bool)
    case why(ProjectName)
    /// Nil: on all of them.
    case advise(ProjectName?)
    case queue

    enum Name: String, CaseIterable { case show, strategy, history, samples }
    static let names = Name.allCases.map(\.rawValue)
}

/// How `bulkhead top` begins.
public struct TopRequest: Hashable, Sendable {
    /// What comes first: what has most of it, but by name.
    public enum Key: String, CaseIterable, Hashable, Sendable {
        case cpu, memory, pressure, io, processes, disk, restarts, name
    }

    static let keys = Key.allCases.map(\.rawValue)

    /// Nil: all of them.
    public let project: ProjectName?
    public let key: Key
    public let interval: Milliseconds
    /// One sample, as text.
    public let once: Bool
}

/// Which lines of the logs.
public struct LogsRequest: Hashable, Sendable {
    /// Nil: of all projects.
    public let target: Target?
    public let run: RunID?
    /// Nil: all there are.
    public let lines: UInt32?
    public let since: LogTime?
    public let follow: Bool
}

/// `PROJECT` or `PROJECT/WORKLOAD`.
public struct Target: Hashable, Sendable, CustomStringConvertible {
    public let project: ProjectName
    public let workload: WorkloadName?

    init(parsing text: String) throws(InvalidValue) {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            project = try ProjectName(text)
            workload = nil
            return
        }
        project = try ProjectName(String(text[..<slash]))
        workload = try WorkloadName(String(text[text.utf8.index(after: slash)...]))
    }

    public var description: String {
        guard let workload else { return project.text }
        return "\(project)/\(workload)"
    }
}
