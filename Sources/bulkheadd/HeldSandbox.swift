internal import Control
internal import EventLoop
internal import Launch
internal import Plan
internal import Syscalls

/// A live sandbox and what we hear of it.
final class HeldSandbox {
    let sandbox: LiveSandbox
    /// Of the policy that it was made by: what it is.
    let policy: ProjectPolicy
    var controlSource: DescriptorSource?
    var endSource: DescriptorSource?
    /// Whether init has told every run that it knows; before that, what we know may be out of date.
    var isReported: Bool
    /// The runs that init told of in the report that is coming in.
    var reported: Set<RunID> = []
    /// Wanted, and under way.
    var isEnding = false
    /// Of the control files of its limits.
    var limitWatches: Set<Int32> = []
    /// What the ledger knows to be in force; nil: nothing, or that it is being changed.
    var recordedLimits: Limits?
    /// Nil before it is watched and after.
    var counters: CounterWatch?

    init(_ sandbox: LiveSandbox, _ policy: ProjectPolicy, isReported: Bool) {
        self.sandbox = sandbox
        self.policy = policy
        self.isReported = isReported
    }

    /// init has told of this run in the report that is coming in; or it begins meanwhile, and so cannot
    /// be in it.
    func noteReported(_ run: RunID) {
        if !isReported { reported.insert(run) }
    }

    /// Hears no more from it: before its descriptors are closed.
    func stopListening() {
        controlSource?.cancel()
        controlSource = nil
        endSource?.cancel()
        endSource = nil
    }

    /// Wanted, and put off until init has answered for every run that it was asked for: it waits for the
    /// first instruction of each, which in a frozen cgroup never comes.
    var isFreezeDue = false

    /// Whether it stands still because it shall, and not for a moment only.
    private(set) var isFrozenByOrder = false

    // A cgroup that is going takes no more orders, and needs none.
    func freeze() {
        isFreezeDue = false
        isFrozenByOrder = true
        try? sandbox.freeze()
    }

    func thaw() {
        isFreezeDue = false
        isFrozenByOrder = false
        try? sandbox.thaw()
    }

    // An init that cannot be told is ending, or tells again when it is connected anew.
    func acknowledge(_ run: RunID) { try? sandbox.acknowledge(run) }
    func signal(_ run: RunID, _ number: UInt8) { try? sandbox.signal(number, run) }
    func notice(_ notice: PreemptionNotice, _ run: RunID) { try? sandbox.notice(notice, run) }
    func attach(_ isWanted: Bool, _ run: RunID) { try? sandbox.attach(isWanted, run) }

    /// Whether nothing is left of a run that has ended; what cannot be removed is tried again.
    func removeLeaf(_ run: RunID) -> Bool { (try? sandbox.removeLeaf(run)) ?? false }
}
