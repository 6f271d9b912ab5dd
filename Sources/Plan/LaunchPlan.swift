/// Everything that a launch will do, decided before anything is done: what `bulkhead run --plan`
/// prints and `Launch` follows.
public struct LaunchPlan: Hashable, Sendable {
    public var name: SandboxName
    public var hostname: String
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
    public var network: NetworkMode
    public var limits: Limits
    public var allowUnlimited: Bool
    public var cgroupParent: String?
    public var resourceLimits: [ResourceLimit]
    /// The private tmpfs that is the sandbox's root.
    public var root: RootSkeleton
    /// In the order in which they are attached.
    public var mounts: [Mount]
    /// Paths that Landlock lets the command write below; it may read and execute everything.
    public var writable: [String]
    public var terminal: Bool
    public var interactive: Bool
    public var timeLimit: Milliseconds?
    public var grace: Milliseconds

    public init(
        name: SandboxName, hostname: String, command: [String], candidates: [String],
        environment: [EnvironmentVariable], workingDirectory: String, request: RunRequest,
        resourceLimits: [ResourceLimit], root: RootSkeleton, mounts: [Mount], writable: [String]
    ) {
        self.name = name
        self.hostname = hostname
        self.command = command
        self.candidates = candidates
        self.environment = environment
        self.workingDirectory = workingDirectory
        identity = request.identity
        capabilities = request.capabilities
        seccompProfile = request.seccompProfile
        network = request.network
        limits = request.limits
        allowUnlimited = request.allowUnlimited
        cgroupParent = request.cgroupParent
        self.resourceLimits = resourceLimits
        self.root = root
        self.mounts = mounts
        self.writable = writable
        terminal = request.terminal
        interactive = request.interactive
        timeLimit = request.timeLimit
        grace = request.grace
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
}
