internal import EventLoop
internal import Plan
internal import Quotas

/// The limits that hold in place of the configured ones, and what is under way to change them.
struct QuotaBook {
    var overrides = Overrides() { didSet { changes &+= 1 } }
    /// How often overrides were changed: what was made of them holds as long as it stays.
    private(set) var changes = 0
    /// Of projects in a transaction: what they have until it is decided.
    var floors: [ProjectName: ProjectPolicy] = [:]
    var transactions: [QuotaTransaction] = []
    /// Memory that is taken away although nobody waits for it: a configuration or the end of an
    /// override wants it.
    var settling: [ProjectName: MemoryShrink] = [:]
    /// Projects whose limits are not what they should be, and why: tried again.
    var unsettled: [ProjectName: String] = [:]
    /// For the end of overrides, and for the next try.
    var timer: TimerSource?
    var retryAt: Int64?

    /// Whether a limit of a project has been set by anybody but the scheduler, which then leaves it alone.
    func isSetByPerson(_ project: ProjectName, _ name: LimitName) -> Bool {
        overrides[QuotaTarget(project), name].map { $0.via != .scheduler } ?? false
    }

    /// Whether a transaction has it now.
    func isBusy(_ project: ProjectName) -> Bool {
        transactions.contains { $0.plan.after[project] != nil }
    }
}
