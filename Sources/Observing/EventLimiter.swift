public import Plan

/// Lets one event of a kind through at once and counts the rest of the same for a while, so that a
/// flood is a line now and a line with a count later.
public struct EventLimiter: Sendable {
    public struct Key: Hashable, Sendable {
        public var project: ProjectName
        /// Nil: the project as a whole.
        public var workload: WorkloadName?
        public var kind: LimitKind

        public init(_ project: ProjectName, _ workload: WorkloadName?, _ kind: LimitKind) {
            self.project = project
            self.workload = workload
            self.kind = kind
        }
    }

    /// What was counted and not told.
    public struct Rest: Hashable, Sendable {
        public let key: Key
        public let count: UInt64
        /// The text of the last of them.
        public let text: String
    }

    /// How long the same is only counted after it was told, in microseconds.
    public static let interval: Int64 = 10_000_000
    /// Keys that are counted at once. Events of more are told by nobody, and their number is.
    public static let keysMax = 4_096

    private struct State {
        var until: Int64
        var count: UInt64
        var text: String
    }

    private var states: [Key: State] = [:]
    private var dropped: UInt64 = 0

    public init() {}

    /// Whether this event is to be told now; if not it is counted. `now`: of any clock that never goes
    /// back, in microseconds.
    public mutating func admit(_ key: Key, _ text: String, count: UInt64 = 1, at now: Int64) -> Bool
    {
        if var state = states[key] {
            state.count &+= count
            state.text = text
            states[key] = state
            return false
        }
        if states.count >= Self.keysMax {
            dropped &+= count
            return false
        }
        states[key] = State(until: now + Self.interval, count: 0, text: "")
        return true
    }

    /// When `takeDue` has something to say next; nil: nothing is counted.
    public var due: Int64? { states.values.map(\.until).min() }

    /// What was counted in intervals that are over, sorted by place and kind. Of each that had any a new
    /// interval begins, so that a flood that goes on is a line an interval.
    public mutating func takeDue(at now: Int64) -> [Rest] {
        var rests: [Rest] = []
        for (key, state) in states where state.until <= now {
            if state.count == 0 {
                states[key] = nil
                continue
            }
            rests.append(Rest(key: key, count: state.count, text: state.text))
            states[key] = State(until: now + Self.interval, count: 0, text: "")
        }
        return Self.sorted(rests)
    }

    /// How many events were not even counted by key since this was asked the last time.
    public mutating func takeDropped() -> UInt64 {
        defer { dropped = 0 }
        return dropped
    }

    /// The project is gone.
    ///
    /// - Returns: what was counted of it and not told, sorted.
    public mutating func forget(_ project: ProjectName) -> [Rest] {
        take { $0.project == project }
    }

    /// Nobody is told anything later.
    ///
    /// - Returns: what was counted and not told, sorted.
    public mutating func forgetAll() -> [Rest] { take { _ in true } }

    private mutating func take(_ isMeant: (Key) -> Bool) -> [Rest] {
        let taken = states.filter { isMeant($0.key) }
        for key in taken.keys { states[key] = nil }
        return Self.sorted(
            taken.filter { $0.value.count > 0 }.map { key, state in
                Rest(key: key, count: state.count, text: state.text)
            })
    }

    private static func sorted(_ rests: [Rest]) -> [Rest] {
        rests.sorted { left, right in
            left.key.project != right.key.project
                ? left.key.project < right.key.project
                : left.key.workload != right.key.workload
                    ? (left.key.workload?.text ?? "") < (right.key.workload?.text ?? "")
                    : left.key.kind.rawValue < right.key.kind.rawValue
        }
    }
}

/// A limit that was met, by the kind of its event: `Report.kind`.
public enum LimitKind: String, Hashable, Sendable, CaseIterable {
    case memoryOOM = "memory.oom"
    case memoryHigh = "memory.high"
    case pidsMax = "pids.max"
    case cpuThrottled = "cpu.throttled"
    case ioThrottled = "io.throttled"
    case diskFull = "disk.full"
    case inodesFull = "inodes.full"
    case descriptorLimit = "fd.limit"
    case logSuppressed = "log.suppressed"

    /// Whether something failed by it, and did not only take longer.
    public var isFailure: Bool {
        switch self {
        case .memoryOOM, .pidsMax, .diskFull, .inodesFull, .descriptorLimit: true
        case .memoryHigh, .cpuThrottled, .ioThrottled, .logSuppressed: false
        }
    }
}
