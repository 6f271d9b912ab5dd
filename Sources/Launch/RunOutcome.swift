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
    /// The record as one line of JSON, where that was asked for.
    public let json: String?

    init(
        _ sandbox: consuming Sandbox, _ ended: Ended, wantsJSON: Bool
    ) throws(LaunchError) {
        var sandbox = sandbox
        let verdict = Verdict(
            sandbox.plan, sandbox.lease.range, ended, log: &sandbox.memoryLog)
        exitStatus = verdict.exitStatus
        causes = verdict.causes
        unenforced = sandbox.cgroup.unenforced.map { "\($0.file) \($0.value): \($0.reason)" }
        json = wantsJSON ? RunRecord(sandbox, ended, verdict).json : nil
        do { try sandbox.cgroup.remove() } catch { throw .refused(error) }
    }
}
