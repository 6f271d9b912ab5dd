/// Where a project is in its life, in one word.
public enum ProjectPhase: String, Hashable, Sendable, CaseIterable {
    /// Wanted, and waiting for the projects that it depends on, or for room.
    case initializing
    /// Its sandbox is being made.
    case starting
    /// It has a sandbox, and its services run as their policies say.
    case active
    /// Frozen, by an operator or to make room; or, where there is no sandbox (after a boot), not to be
    /// started by itself.
    case paused
    /// It has a sandbox, in which no service runs.
    case maintenance
    /// Its services are being ended, or its sandbox is.
    case stopping
    /// Nothing of it runs, as an operator wants it, or to make room.
    case stopped
    /// Its sandbox could not be made or was lost; it is tried again.
    case failed
    /// Put away: nothing of it runs and nothing starts it.
    case archived
}
