/// What the operator asked for: `bulkhead run`, its options parsed and checked one by one, before
/// anything about the host is known.
public struct RunRequest: Hashable, Sendable {
    /// Nil: generated.
    public var name: SandboxName?
    public var command: [String]
    public var limits: Limits
    public var allowUnlimited: Bool
    /// In the order given.
    public var grants: [Grant]
    /// Nil: the current directory.
    public var workingDirectory: String?
    /// A root file system in place of the host's; nil: the host's /usr.
    public var root: String?
    /// In the order given: `--env-file` and `--env` alike, a later one wins.
    public var environment: [EnvironmentVariable]
    /// Nil: the sandbox's name.
    public var hostname: String?
    public var identity: Identity
    public var network: NetworkMode
    /// A profile's name, or a path where it contains a slash.
    public var seccompProfile: String
    /// Names as capabilities(7) spells them: `CAP_NET_BIND_SERVICE`.
    public var capabilities: [String]
    public var terminal: Bool
    public var interactive: Bool
    public var timeLimit: Milliseconds?
    /// Between the polite signal and the kill.
    public var grace: Milliseconds
    /// A cgroup directory to work below in place of one's own; nil: found by itself.
    public var cgroupParent: String?

    public init(command: [String]) {
        self.command = command
        limits = .standard
        allowUnlimited = false
        grants = []
        environment = []
        identity = .standard
        network = .none
        seccompProfile = "default"
        capabilities = []
        terminal = false
        interactive = false
        grace = Milliseconds(5_000)
    }
}

extension Limits {
    /// What a run gets that asks for nothing else.
    public static let standard = Limits(
        memoryMax: .mebibytes(512), swapMax: Bytes(0), cpuMax: CPUBandwidth(millicores: 1_000),
        pidsMax: 256)
}

/// A span of time in milliseconds.
public struct Milliseconds: Hashable, Comparable, Sendable {
    public var count: UInt64
    public init(_ count: UInt64) { self.count = count }
    public static func < (left: Milliseconds, right: Milliseconds) -> Bool {
        left.count < right.count
    }
}

/// One thing beside the read-only system that a sandbox may see.
public enum Grant: Hashable, Sendable {
    case readOnly(path: String, at: String)
    case writable(path: String, at: String)
    /// Size nil: a half of the memory limit.
    case tmpfs(at: String, size: Bytes?)
}

/// Who the command is, inside the sandbox's own user namespace.
public struct Identity: Hashable, Sendable {
    public var user: UInt32
    public var group: UInt32

    public init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }

    public static let standard = Identity(user: 1_000, group: 1_000)
}

public enum NetworkMode: String, Hashable, Sendable, CaseIterable {
    /// A network namespace of its own, with nothing in it but loopback.
    case none
    /// The host's network: no isolation of the network at all.
    case host
}

/// `NAME=VALUE` as environ(7) has it.
public struct EnvironmentVariable: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
