internal import Plan

/// What is read of a project, or of a template of one.
struct ProjectDraft {
    struct LogRateDraft {
        var linesPerSecond: UInt32?
        var burst: UInt32?
    }
    struct ResourceLimitsDraft {
        var limits = ProjectDetails.ResourceLimits()
        /// Read to be checked; they become `limits` before pieces are merged.
        var memory: Bytes?
        var disk: Bytes?
        var weight: UInt32?
    }

    var title: String?
    var path: String?
    var priority = Priority.normal
    var status = DeclaredStatus.active
    var templates: [Located<String>] = []
    var dependencies: [Located<ProjectName>] = []
    var limits = LimitsDraft(limits: .standard)
    var resourceLimits = ResourceLimitsDraft()
    var identity: Identity?
    var group: UInt32?
    var capabilities: [Located<String>] = []
    var seccompProfile = "default"
    var network = NetworkMode.none
    var mounts: [Located<Grant>] = []
    var root: String?
    var storage = StorageForm.direct
    var volumeKind: VolumeKind?
    var environment: [EnvironmentVariable] = []
    var secrets: [Secret] = []
    var services: [ServiceDraft] = []
    var tasks: [TaskDraft] = []
    /// What services inherit: merged with their own before this is read for good.
    var restart = RestartPolicy.standard
    var breaker = BreakerPolicy.standard
    var health = HealthPolicy()
    var logRate = LogRateDraft()
    var team: [Located<String>] = []
    var days: [Located<String>] = []
    var details = ProjectDetails()
}
