import Plan

/// How far the sandbox of a project is.
enum SandboxState: Hashable {
    case none
    /// It could not be made, or was lost; it is tried again.
    case delayed(until: Moment, reason: String)
    /// Asked for; not yet answered.
    /// - isStale: what was asked for is no longer what is wanted, so that it is ended when it comes.
    case launching(isStale: Bool)
    case up(since: Moment, isFrozen: Bool)
    /// Its services are being ended, then it.
    /// - since: nil where it is not known to have come up at all.
    case draining(since: Moment?)
    /// Its end was asked for; not yet answered.
    case ending(since: Moment?)

    var exists: Bool {
        switch self {
        case .none, .delayed: false
        case .launching, .up, .draining, .ending: true
        }
    }

    var since: Moment? {
        switch self {
        case .none, .delayed, .launching: nil
        case .up(let since, isFrozen: _): since
        case .draining(let since), .ending(let since): since
        }
    }
}
