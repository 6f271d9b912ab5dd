/// What the configuration says of a project that no part of the supervisor acts upon yet.
public struct ProjectDetails: Hashable, Sendable {
    public struct ResourceLimits: Hashable, Sendable {
        public var maxParallelAgents: UInt32?
        public var maxParallelCycles: UInt32?

        init() {}
    }

    public struct AISettings: Hashable, Sendable {
        public var autoApproveLowRisk: Bool?
        public var requireHumanReview: Bool?
        public var maxAutoRetry: UInt32?
        public var contextSharingEnabled: Bool?

        init() {}
    }

    public struct WorkHours: Hashable, Sendable {
        /// A name such as `Europe/Berlin`, as written.
        public var timezone: String?
        /// `09:00`.
        public var start: String?
        public var end: String?
        /// In small letters: `monday`.
        public var days: [String]

        init() { days = [] }
    }

    public enum Storage: String, Hashable, Sendable, CaseIterable {
        /// The directory itself.
        case direct
        /// The directory read-only, changes on a volume above it.
        case overlay
        /// A volume of its own.
        case volume
    }

    public var resourceLimits: ResourceLimits
    public var aiSettings: AISettings
    public var workHours: WorkHours
    public var discordChannel: String?
    public var slackChannel: String?
    public var team: [String]
    public var storage: Storage?

    init() {
        resourceLimits = ResourceLimits()
        aiSettings = AISettings()
        workHours = WorkHours()
        team = []
    }
}
