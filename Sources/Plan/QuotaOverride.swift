/// Whose limit: a project's, or that of one of its workloads.
public struct QuotaTarget: Hashable, Sendable {
    public var project: ProjectName
    /// Nil: the project's own.
    public var workload: WorkloadName?

    public init(_ project: ProjectName, _ workload: WorkloadName? = nil) {
        self.project = project
        self.workload = workload
    }
}

extension QuotaTarget: CustomStringConvertible {
    /// As people type it: `shop` or `shop/web`.
    public var description: String { workload.map { "\(project)/\($0)" } ?? project.text }
}

/// A limit that holds in place of the configured one: until it is reset, its time is over, the machine
/// boots, or a configuration takes its place.
public struct QuotaOverride: Hashable, Sendable {
    /// How a limit came to be another one.
    public enum Via: String, Hashable, Sendable, CaseIterable {
        case set, move
        /// The scheduler moved it, which it does with none that a person has set.
        case scheduler
        /// Somebody wrote the control file, or set the unit's property.
        case outside
        /// `default`: what the configuration says.
        case reset
        /// Its time was over.
        case expired
        /// The machine was booted, and overrides do not outlive that.
        case booted
        /// It became part of the configuration.
        case persist
        /// Another configuration came into force.
        case configured
        /// What was begun could not be finished, and was taken back.
        case undone
    }

    public var target: QuotaTarget
    public var name: LimitName
    public var value: LimitValue
    /// When its time is over: of CLOCK_MONOTONIC, in microseconds. Nil: never.
    public var until: Int64?
    /// The override that holds again when its time is over. Nil: what the configuration says.
    public var beneath: LimitValue?
    /// Who asked for it: 0 for the supervisor itself, and for what came from outside.
    public var actor: UInt32
    public var via: Via
    /// In the words of who asked; may be empty.
    public var reason: String
    /// Nanoseconds since the epoch.
    public var at: Int64

    public init(
        _ target: QuotaTarget, _ name: LimitName, _ value: LimitValue, until: Int64? = nil,
        beneath: LimitValue? = nil, actor: UInt32, via: Via, reason: String, at: Int64
    ) {
        self.target = target
        self.name = name
        self.value = value
        self.until = until
        self.beneath = beneath
        self.actor = actor
        self.via = via
        self.reason = reason
        self.at = at
    }
}
