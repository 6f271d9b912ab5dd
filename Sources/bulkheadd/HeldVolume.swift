internal import Plan
internal import Volumes

/// Who needs a volume to be up.
enum VolumeUse: Hashable {
    case sandbox
    /// Somebody who looks at what is in it, or changes that: a number of its own.
    case caller(UInt64)
}

/// A project's volume, and the work on it that is under way or waits. One order at a time.
final class HeldVolume {
    /// An order, and what is to be done with what came of it.
    struct Job {
        let order: VolumeOrder
        let then: (VolumeError?) -> Void
    }

    var uses: Set<VolumeUse> = []
    /// Nil while it is not up.
    var volume: ProjectVolume?
    /// What it is limited to while it is up.
    var disk: Bytes?
    var inodes: UInt64?
    /// Why it is not limited to what it should be; nil: it is.
    var refusal: String?
    var waiting: [Job] = []
    /// The order that is being carried out, and by whom.
    var running: (job: Job, helper: AskedHelper)?

    /// They are in force.
    func noteLimits(_ disk: Bytes?, _ inodes: UInt64?) {
        self.disk = disk
        self.inodes = inodes
        refusal = nil
    }

    /// Whether its limits are about to change.
    var isBeingLimited: Bool {
        running?.job.order.verb == .limit || waiting.contains { $0.order.verb == .limit }
    }

    /// Whether nothing would be lost with this value.
    var isIdle: Bool { uses.isEmpty && waiting.isEmpty && running == nil }
}
