public import Plan

/// Why memory could not be taken away, with the numbers that whoever asked can go on with.
public struct Shortage: Hashable, Sendable {
    public enum Cause: Hashable, Sendable {
        /// More than the target is memory that only its owner can give back.
        case unreclaimable
        /// It was not given back in time.
        case budget
        /// The processes were waiting for memory most of the time.
        case pressure
        /// The kernel refused the limit, or the project ended meanwhile.
        case kernel
    }

    public var cause: Cause
    public var target: Bytes
    public var inUse: Bytes
    public var reclaimable: Bytes
    /// A limit that could be put in force now.
    public var wouldFit: Bytes

    init(_ seen: Squeeze.Measurement, target: Bytes, cause: Cause) {
        self.cause = cause
        self.target = target
        inUse = seen.current
        let kept = min(seen.unreclaimable, seen.current)
        reclaimable = Bytes(seen.current.count - kept.count)
        // With some room, for what is allocated until somebody has typed it.
        let room = Squeeze.room(above: kept)
        let (sum, isOver) = kept.count.addingReportingOverflow(room.count)
        let whole = isOver ? Bytes.most.count : (sum + 0xF_FFFF) & ~0xF_FFFF
        wouldFit = max(Bytes(whole), target)
        if wouldFit == target, kept <= target {
            // It is not the amount that stood in the way.
            wouldFit = max(target, seen.current)
        }
    }

    public init(
        cause: Cause, target: Bytes, inUse: Bytes, reclaimable: Bytes, wouldFit: Bytes
    ) {
        self.cause = cause
        self.target = target
        self.inUse = inUse
        self.reclaimable = reclaimable
        self.wouldFit = wouldFit
    }

    /// In one line, without a subject.
    public var text: String {
        let numbers = "\(inUse) are in use, \(reclaimable) could be taken away"
        switch cause {
        case .unreclaimable: return "\(target) is too little: \(numbers)"
        case .budget: return "\(target) was not reached in time: \(numbers)"
        case .pressure:
            return "\(target) was not reached in time, for the processes need what they use: "
                + numbers
        case .kernel: return "the kernel did not take \(target): \(numbers)"
        }
    }
}
