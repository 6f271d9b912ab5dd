/// A configuration that was in force once, or is.
public struct ConfigurationVersion: Hashable, Sendable {
    /// 1 for the first; never used twice.
    public var number: Int64
    /// Nanoseconds since the epoch.
    public var appliedAt: Int64
    /// The user who applied it.
    public var actor: UInt32
    /// How: `apply`, `reload`, `start`, `register shop`, `rollback 3`…
    public var via: String
    /// How many projects it has.
    public var projects: Int
    /// What it changed, in one line.
    public var summary: String
    public var isActive: Bool
}

/// A file of the configuration, its name relative to the configuration's directory.
public struct ConfigurationFile: Hashable, Sendable {
    public var name: String
    public var content: [UInt8]

    public init(name: String, content: [UInt8]) {
        self.name = name
        self.content = content
    }
}

/// What is about to become of a file of the configuration: written down before the first file is
/// touched, so that it is finished by the next start where this one is cut off.
public struct PendingFile: Hashable, Sendable {
    /// Relative to the configuration's directory.
    public var name: String
    /// Nil: it is to be removed.
    public var content: [UInt8]?

    public init(name: String, content: [UInt8]?) {
        self.name = name
        self.content = content
    }
}
