/// What the configuration says of a project that is no part of its policy: agents, hours, and what no part
/// of the supervisor acts upon yet.
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
        public enum Outside: String, Hashable, Sendable, CaseIterable { case less, pause }

        /// A name such as `Europe/Berlin`, as written.
        public var timezone: String?
        /// `09:00`.
        public var start: String?
        public var end: String?
        /// What becomes of it at other times; nil: it counts less.
        public var outside: Outside?
        /// In small letters: `monday`.
        public var days: [String]

        init() { days = [] }
    }

    public var resourceLimits: ResourceLimits
    public var aiSettings: AISettings
    public var workHours: WorkHours
    public var discordChannel: String?
    public var slackChannel: String?
    public var team: [String]

    init() {
        resourceLimits = ResourceLimits()
        aiSettings = AISettings()
        workHours = WorkHours()
        team = []
    }
}
