/// What was decisive for a limit that follows what is used.
public enum Basis: Hashable, Sendable {
    /// Too little is known yet: the configured limit holds.
    case unknown
    /// The most that was used lately, and a margin.
    case recentPeak
    /// The share of time in which more was used is small enough, and a margin.
    case percentile
    /// What is usual at this hour of the week, ahead of time.
    case weekly
    /// Tasks stalled for want of it.
    case pressure
    /// A process was killed for want of it.
    case kill
    /// It falls by no more than a step a time.
    case step
    /// What is kept for it; it is given no less.
    case guarantee
    /// The configured limit; it is given no more.
    case limit

    /// One line, without a full stop.
    public var text: String {
        switch self {
        case .unknown: "too little is known of its use, so the configured limit holds"
        case .recentPeak: "follows the most it used lately, with a margin"
        case .percentile: "follows what it seldom uses more than, with a margin"
        case .weekly: "raised ahead of what is usual at this hour of the week"
        case .pressure: "raised because its tasks stalled for want of it"
        case .kill: "raised because a process was killed for want of it"
        case .step: "falls step by step towards what it uses"
        case .guarantee: "what is guaranteed to it is the least it may have"
        case .limit: "what it may have at most"
        }
    }
}
