internal import Cgroups
internal import Control
internal import Namespaces
internal import Plan
internal import Syscalls

/// How a run ended, and everything worth telling of it.
public struct RunOutcome: Sendable {
    /// What `bulkhead run` exits with.
    public let exitStatus: Int32
    /// What ended or hindered the command, where that was not itself, a line each.
    public let causes: [String]
    /// What was asked for and was not enforced, a line each.
    public let unenforced: [String]
    /// The record as one line of JSON.
    public let json: String

    init(_ sandbox: consuming Sandbox, _ ended: Ended) throws(LaunchError) {
        let verdict = Verdict(sandbox.plan, sandbox.lease.range, ended)
        exitStatus = verdict.exitStatus
        causes = verdict.causes
        unenforced = sandbox.cgroup.unenforced.map { "\($0.file) \($0.value): \($0.reason)" }
        json = RunRecord(sandbox, ended, verdict).json
        do { try sandbox.cgroup.remove() } catch { throw .refused(error) }
    }
}

/// The exit status and its reason.
struct Verdict {
    let exitStatus: Int32
    let causes: [String]

    init(_ plan: LaunchPlan, _ range: IDRange, _ ended: Ended) {
        causes = []
        if ended.stop == .timeLimit {
            exitStatus = 137
        } else if let ending = ended.ending {
            exitStatus = Int32(ending.status) + (ending.signalled ? 128 : 0)
        } else {
            exitStatus = 137
        }
    }
}
