public import Plan

/// What a request is compared with: everything that is configured, what holds in its place, and the
/// machine.
public struct QuotaGround: Sendable {
    /// What a project's volume holds.
    public struct Storage: Hashable, Sendable {
        public var used: Bytes
        public var inodesUsed: UInt64
        /// The largest directories, for people: `/srv/shop/cache 3.1G`.
        public var largest: [String]

        public init(used: Bytes, inodesUsed: UInt64, largest: [String]) {
            self.used = used
            self.inodesUsed = inodesUsed
            self.largest = largest
        }
    }

    /// As configured, by name.
    public var policies: [ProjectName: ProjectPolicy]
    /// Of projects of which `default` means something else than what is configured now: a limit that is
    /// taken out of the configuration again.
    public var standards: [ProjectName: ProjectPolicy] = [:]
    public var overrides: Overrides
    public var memory: Bytes
    public var processors: CPUBandwidth
    /// Those that have a sandbox.
    public var live: Set<ProjectName>
    /// Of projects whose storage can enforce a limit.
    public var storage: [ProjectName: Storage]

    public init(
        policies: [ProjectPolicy], overrides: Overrides, memory: Bytes, processors: CPUBandwidth,
        live: Set<ProjectName> = [], storage: [ProjectName: Storage] = [:]
    ) {
        self.policies = [:]
        self.overrides = overrides
        self.memory = memory
        self.processors = processors
        self.live = live
        self.storage = storage
        for policy in policies { self.policies[policy.name] = policy }
    }
}
