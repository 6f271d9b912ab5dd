/// The number of one run of a workload: never used twice on a machine, not even for a run that failed
/// to start. It is how supervisor, init and ledger speak of the same process tree.
public struct RunID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public var description: String { String(rawValue) }

    public static func < (left: RunID, right: RunID) -> Bool { left.rawValue < right.rawValue }
}

/// How the first process of a run ended.
public enum RunEnd: Hashable, Sendable {
    case exited(code: UInt8)
    case killed(signal: UInt8)
    /// Its sandbox ended and took it along; the kernel told nobody how this process ended.
    case lost

    /// The status as a shell has it; 137, that of SIGKILL, for one that ended with its sandbox.
    public var exitStatus: Int32 {
        switch self {
        case .exited(let code): Int32(code)
        case .killed(let signal): 128 + Int32(signal)
        case .lost: 137
        }
    }

    public var isSuccess: Bool { self == .exited(code: 0) }
}
