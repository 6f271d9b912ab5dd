public import Plan

/// The cgroup that a run asks for.
public struct CgroupRequest: Hashable, Sendable {
    public var name: SandboxName
    public var limits: Limits
    /// Whether a limit that this host cannot enforce is reported instead of refused.
    public var allowUnlimited: Bool

    public init(name: SandboxName, limits: Limits, allowUnlimited: Bool) {
        self.name = name
        self.limits = limits
        self.allowUnlimited = allowUnlimited
    }
}

/// A limit that was asked for and is not in force.
public struct UnenforcedLimit: Hashable, Sendable {
    /// The cgroup file and what it should have held: `memory.max` and `536870912`.
    public let file: String
    public let value: String
    /// Why it is not in force, without a final full stop.
    public let reason: String

    public init(file: String, value: String, reason: String) {
        self.file = file
        self.value = value
        self.reason = reason
    }
}

/// What a control file of the cgroup says: the kernel's own word on a limit.
public struct LimitInForce: Hashable, Sendable {
    /// `memory.max`.
    public let file: String
    /// As the kernel writes it, lines joined by `; `: `536870912`, `max`, `150000 100000`.
    public let value: String

    public init(file: String, value: String) {
        self.file = file
        self.value = value
    }
}
