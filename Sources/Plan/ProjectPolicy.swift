/// What a project is and may do, after built-in values, `global`, templates, the project's own and
/// the environment have been merged.
public struct ProjectPolicy: Hashable, Sendable {
    public var name: ProjectName
    /// For people; the name where none is given.
    public var title: String
    /// The project's directory on the host, absolute.
    public var path: String
    public var priority: Priority
    public var status: DeclaredStatus
    /// Of all its workloads together.
    public var limits: Limits
    /// Whether a limit that this host cannot enforce is reported instead of refused.
    public var allowUnlimited: Bool
    public var identity: Identity
    public var capabilities: [String]
    public var seccompProfile: String
    public var network: NetworkMode
    /// Beside the project's directory.
    public var mounts: [Grant]
    /// A root file system in place of the host's; nil: the host's /usr.
    public var root: String?
    /// How its directory is stored.
    public var storage: StorageForm
    /// What its volume is to be; nil: whatever can hold its limits.
    public var volumeKind: VolumeKind?
    public var environment: [EnvironmentVariable]
    public var secrets: [Secret]
    public var services: [ServicePolicy]
    public var tasks: [TaskPolicy]
    /// Projects that must be ready first.
    public var dependencies: [ProjectName]
    /// Lines that its workloads may log in a second, and at once.
    public var logRate: LogRate {
        get { limits.logRate ?? .standard }
        set { limits.logRate = newValue }
    }

    public init(name: ProjectName, path: String) {
        self.name = name
        self.path = path
        title = name.text
        priority = .normal
        status = .active
        limits = .standard
        allowUnlimited = false
        identity = .standard
        capabilities = []
        seccompProfile = "default"
        network = .none
        mounts = []
        storage = .direct
        environment = []
        secrets = []
        services = []
        tasks = []
        dependencies = []
    }

    public func service(_ name: WorkloadName) -> ServicePolicy? {
        services.first { $0.name == name }
    }
}

public enum Priority: String, Hashable, Sendable, CaseIterable {
    case critical, high, normal, low
}

/// What the configuration says a project should be.
public enum DeclaredStatus: String, Hashable, Sendable, CaseIterable {
    case initializing, active, paused, maintenance, archived
}

/// A file of the host that appears in the sandbox as /run/secrets/NAME: mode 0400, the command's
/// user's, on a tmpfs. Its content is in no plan, no ledger and no log.
public struct Secret: Hashable, Sendable {
    public var name: WorkloadName
    /// On the host.
    public var path: String

    public init(name: WorkloadName, path: String) {
        self.name = name
        self.path = path
    }
}

/// A token bucket over lines of output.
public struct LogRate: Hashable, Sendable {
    public var linesPerSecond: UInt32
    public var burst: UInt32

    public init(linesPerSecond: UInt32, burst: UInt32) {
        self.linesPerSecond = linesPerSecond
        self.burst = burst
    }

    /// Below journald's own limit of 10,000 in 30 seconds for a unit (journald.conf(5)), so that the
    /// count of what is missing is ours and exact.
    public static let standard = LogRate(linesPerSecond: 300, burst: 1_000)
}
