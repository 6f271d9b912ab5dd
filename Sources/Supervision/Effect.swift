public import Plan

/// What the supervisor has to do now, in this order.
public enum Effect: Hashable, Sendable {
    /// It wants a sandbox and has none: answered by `admitted` when there is room for it, unless it wants
    /// none any more by then. Only of a fleet that is gated.
    case admit(ProjectName)
    /// Answered by `sandboxLaunched` or `sandboxRefused`.
    case launchSandbox(ProjectName)
    /// Kills what is left in it and takes it away; answered by `sandboxEnded`.
    case endSandbox(ProjectName)
    /// Of all its workloads; done when the call returns.
    case freeze(ProjectName)
    case thaw(ProjectName)
    /// The limits, the priority or the log rate of a project with a live sandbox, or the limits of
    /// one of its services, are others now: put them in force.
    case updateLimits(ProjectName)
    /// Answered by `runStarted` and later `runEnded`, or by `runRefused`.
    case startRun(RunID, ProjectName, WorkloadName)
    /// To the run's first process.
    case signalRun(RunID, signal: UInt8)
    /// The whole tree, at once.
    case killRun(RunID)
    /// Answered once by `probed`, at the check's timeout at the latest, unless the run ends first.
    case probe(RunID, HealthCheck.Purpose, HealthCheck)
    /// The project's record has changed: to be written before anything is acknowledged.
    case store(ProjectName)
    /// Its record is no longer wanted: it was removed.
    case forget(ProjectName)
    /// Something that people want to know.
    case report(Report)
}

/// A change that is worth a line in the journal and a message to whoever watches.
public struct Report: Hashable, Sendable {
    public enum Severity: UInt8, Hashable, Sendable {
        // Of syslog(3).
        case error = 3
        case warning = 4
        case notice = 5
        case info = 6
    }

    public var project: ProjectName
    public var service: WorkloadName?
    public var run: RunID?
    public var severity: Severity
    /// `service.ready`, `project.paused`, `breaker.opened`…
    public var kind: String
    /// One line for a person, without project and service in it.
    public var text: String
    /// What the record of it has beside the line.
    public var details: [ReportDetail]

    public init(
        project: ProjectName, service: WorkloadName? = nil, run: RunID? = nil,
        severity: Severity, kind: String, text: String, details: [ReportDetail] = []
    ) {
        self.project = project
        self.service = service
        self.run = run
        self.severity = severity
        self.kind = kind
        self.text = text
        self.details = details
    }
}

/// A field of a report: a name of `AuditField`, and its value.
public struct ReportDetail: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
