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
    /// A place among the runs that init remembers.
    case admit
    /// Pipes for what is to be logged.
    case openLog
    case bindNotification
    case standardStreams
}
