/// What a project is told of room that it has to make, as a datagram to the address from which a run of it
/// said `BULKHEAD_NOTICES=1`.
public enum PreemptionNotice: UInt8, Equatable, Sendable {
    /// What was taken is given back.
    case none = 0
    case squeeze = 1
    case freeze = 2
    case stop = 3

    var text: StaticString {
        switch self {
        case .none: "BULKHEAD_PREEMPTION=none\n"
        case .squeeze: "BULKHEAD_PREEMPTION=squeeze\n"
        case .freeze: "BULKHEAD_PREEMPTION=freeze\n"
        case .stop: "BULKHEAD_PREEMPTION=stop\n"
        }
    }
}
