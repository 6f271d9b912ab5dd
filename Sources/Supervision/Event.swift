public import Plan

/// What happened, as the supervisor tells it to its state machines.
public enum Event: Hashable, Sendable {
    /// A configuration came into force: the whole set of projects, already checked.
    case configured([ProjectPolicy])
    /// An operator wants something of a project, or of one of its services. `by`: which user.
    case requested(Verb, ProjectName, service: WorkloadName?, by: UInt32? = nil)
    /// There is room for a project that asked for it by `admit`.
    case admitted(ProjectName)
    /// The machine is short of something, and this one is to make room, or its work hours are over; `none`:
    /// that is over.
    case preempted(ProjectName, ProjectRecord.Preemption, reason: String)
    /// Its work hours began.
    case hoursBegan(ProjectName)
    /// The machine is short of nothing: those that operators wanted to run nevertheless are as all others.
    case machineEased
    case sandboxLaunched(ProjectName)
    case sandboxRefused(ProjectName, reason: String)
    /// It is gone, and every run in it; whether it was wanted or not.
    case sandboxEnded(ProjectName, reason: String)
    case runStarted(RunID)
    case runRefused(RunID, reason: String)
    case runEnded(RunID, RunEnd)
    case notified(RunID, Notification)
    case probed(RunID, HealthCheck.Purpose, ProbeResult)
    /// Somebody needs its processes to stand still for a while, and what it shall be waits for the end of
    /// that; or it is over.
    case held(ProjectName, Bool)
    /// The machine goes down: every sandbox ends, dependants first. What projects shall be stays as
    /// it is, so that the next boot starts them again. Nothing else is begun after it.
    case shutDown
    /// Nothing but time.
    case timePassed

    public enum Notification: Hashable, Sendable { case ready, watchdog, stopping }
    public enum ProbeResult: Hashable, Sendable {
        case passed
        case failed(reason: String)
    }
}

/// What an operator can want of a project.
public enum Verb: String, Hashable, Sendable, CaseIterable {
    case start, stop, restart, pause, resume, maintain, archive, remove
}
