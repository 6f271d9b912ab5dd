/// The surroundings of a sandbox, whatever runs in it: what a launch makes before there is a command.
public struct SandboxPlan: Hashable, Sendable {
    public var hostname: String
    /// Who sees the granted directories as its own, and has the home directory and the secrets.
    public var identity: Identity
    /// Those that a command in it may be given.
    public var capabilities: [String]
    public var network: NetworkMode
    /// Of all that runs in it together.
    public var limits: Limits
    public var allowUnlimited: Bool
    /// A cgroup directory to work below in place of one's own; nil: found by itself.
    public var cgroupParent: String?
    /// The private tmpfs that is the sandbox's root.
    public var root: RootSkeleton
    /// In the order in which they are attached.
    public var mounts: [Mount]

    public init(
        hostname: String, identity: Identity, capabilities: [String], network: NetworkMode,
        limits: Limits, allowUnlimited: Bool, cgroupParent: String?, root: RootSkeleton,
        mounts: [Mount]
    ) {
        self.hostname = hostname
        self.identity = identity
        self.capabilities = capabilities
        self.network = network
        self.limits = limits
        self.allowUnlimited = allowUnlimited
        self.cgroupParent = cgroupParent
        self.root = root
        self.mounts = mounts
    }
}
