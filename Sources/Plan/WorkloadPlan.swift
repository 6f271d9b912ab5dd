/// One command in a sandbox, complete: what init is told of it.
public struct WorkloadPlan: Hashable, Sendable {
    /// The command and its arguments; never empty.
    public var command: [String]
    /// Where the command's file is looked for, in order: paths inside the sandbox.
    public var candidates: [String]
    public var environment: [EnvironmentVariable]
    /// Inside the sandbox.
    public var workingDirectory: String
    public var identity: Identity
    public var capabilities: [String]
    public var seccompProfile: String
    public var resourceLimits: [ResourceLimit]
    /// Paths that Landlock lets the command write below; it may read and execute everything.
    public var writable: [String]
    /// A terminal of the sandbox's own.
    public var terminal: Bool
    /// Its own, below the sandbox's; only what is set.
    public var limits: Limits
    /// Whether it has a socket to notify its supervisor by: sd_notify(3).
    public var notifies: Bool

    public init(
        command: [String], candidates: [String], environment: [EnvironmentVariable],
        workingDirectory: String, identity: Identity, capabilities: [String],
        seccompProfile: String, resourceLimits: [ResourceLimit], writable: [String],
        terminal: Bool, limits: Limits = Limits(), notifies: Bool = false
    ) {
        self.command = command
        self.candidates = candidates
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.identity = identity
        self.capabilities = capabilities
        self.seccompProfile = seccompProfile
        self.resourceLimits = resourceLimits
        self.writable = writable
        self.terminal = terminal
        self.limits = limits
        self.notifies = notifies
    }
}

/// A limit on each process: getrlimit(2). Where the caller's own hard limit is lower, that holds.
public struct ResourceLimit: Hashable, Sendable {
    public enum Resource: UInt32, Sendable {
        case core = 4
        case openFiles = 7
        case lockedMemory = 8
        case niceness = 13
        case realTimePriority = 14
    }

    public var resource: Resource
    public var soft: UInt64
    public var hard: UInt64

    public init(_ resource: Resource, soft: UInt64, hard: UInt64) {
        self.resource = resource
        self.soft = soft
        self.hard = hard
    }

    /// - Parameter count: holds whatever a process asks for. Nil: 1,024, which is what select(2) can
    ///   count, and more for a process that asks for it.
    public static func openFiles(_ count: UInt32?) -> ResourceLimit {
        ResourceLimit(.openFiles, soft: UInt64(count ?? 1_024), hard: UInt64(count ?? 16_384))
    }
}
