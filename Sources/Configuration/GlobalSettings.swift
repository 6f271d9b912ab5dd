public import Plan
public import Scheduling

/// What `global` says of all projects together.
public struct GlobalSettings: Hashable, Sendable {
    /// How far projects are cut back while the machine is short of something.
    public enum PreemptionPolicy: String, Hashable, Sendable, CaseIterable {
        case off, squeeze, freeze, stop
    }

    public struct Security: Hashable, Sendable {
        public var encryptionAtRest: Bool?
        /// 0: for ever.
        public var auditLogRetentionDays: UInt32 = 90
        public var require2FA: Bool?
        public var sessionTimeoutMinutes: UInt32?

        init() {}
    }

    public var maxTotalAgents: UInt32?
    public var maxConcurrentProjects: UInt32?
    /// Not above this may the guarantees of all projects be together.
    public var cpuCores: CPUBandwidth?
    public var memoryLimit: Bytes?
    public var diskLimit: Bytes?
    public var allocationStrategy: Strategy?
    public var schedulingIntervalSeconds: UInt32?
    public var rebalanceIntervalSeconds: UInt32?
    /// Of processors and memory, what is kept for the system and guaranteed to nobody.
    public var systemReservePercent: UInt8?
    public var admissionAgeingSeconds: UInt32?
    /// Nil: `stop`, and with the strategy `static` `off`.
    public var preemption: PreemptionPolicy?
    public var crossProjectInsights: Bool?
    public var knowledgeSharing: Bool?
    public var patternLearning: Bool?
    public var projectIsolation: Bool?
    /// As written; a relative one means nothing here.
    public var statePath: String?
    public var discordGuild: String?
    public var monitoringWebhookURL: String?
    public var externalMetricsEndpoint: String?
    public var security: Security
    public var audit: AuditSettings

    init() {
        security = Security()
        audit = AuditSettings()
    }
}
