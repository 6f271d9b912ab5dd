/// Descriptors that come with `InitMessage.spawn`, in the order of their bits.
public struct SpawnDescriptors: OptionSet, Equatable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The file with the `SpawnRequest`: every spawn has one.
    public static let request = Self(rawValue: 1)
    /// The directory of the cgroup that the run starts in: clone3(2), CLONE_INTO_CGROUP. Without, it
    /// is init's own.
    public static let cgroup = Self(rawValue: 2)
    /// Standard input; without, /dev/null.
    public static let input = Self(rawValue: 4)
    /// Standard output and error; without, what is written there is logged.
    public static let output = Self(rawValue: 8)
    public static let error = Self(rawValue: 16)

    /// Nil where a bit has no meaning or the request is missing.
    init?(exactly rawValue: UInt8) {
        guard rawValue <= 31, rawValue & 1 == 1 else { return nil }
        self.rawValue = rawValue
    }

    public var count: Int { rawValue.nonzeroBitCount }
}

/// Descriptors that come with `InitMessage.hold`, in the order of their bits.
public struct HoldDescriptors: OptionSet, Equatable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// What keeps the sandbox's range of ids its own. The first one stays.
    public static let lease = Self(rawValue: 1)
    /// A datagram socket connected to journald's. The last one stays.
    public static let journal = Self(rawValue: 2)

    /// Nil where a bit has no meaning.
    init?(exactly rawValue: UInt8) {
        guard rawValue <= 3 else { return nil }
        self.rawValue = rawValue
    }

    public var count: Int { rawValue.nonzeroBitCount }
}

/// What a run has said of itself: sd_notify(3).
public struct Notifications: OptionSet, Equatable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let ready = Self(rawValue: 1)
    public static let watchdog = Self(rawValue: 2)
    public static let stopping = Self(rawValue: 4)

    /// Nil where a bit has no meaning.
    init?(exactly rawValue: UInt8) {
        guard rawValue <= 7 else { return nil }
        self.rawValue = rawValue
    }
}

/// What a run may have met, by its own words: to be looked at, and not to be believed.
public struct Hints: OptionSet, Equatable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// EMFILE: `Too many open files`.
    public static let descriptors = Self(rawValue: 1)
    /// ENOSPC or EDQUOT: `No space left on device`, `Disk quota exceeded`.
    public static let space = Self(rawValue: 2)

    /// Nil where a bit has no meaning.
    init?(exactly rawValue: UInt8) {
        guard rawValue <= 3 else { return nil }
        self.rawValue = rawValue
    }
}
