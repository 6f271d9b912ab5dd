internal import Cgroups
internal import Control
internal import Plan
internal import Syscalls

/// The exit status of a run and its reasons.
struct Verdict {
    let exitStatus: Int32
    /// What ended or hindered the command, where that was not itself, a line each.
    let causes: [String]

    /// - Parameter log: the kernel's log since before the launch.
    init(_ plan: LaunchPlan, _ range: IDRange, _ ended: Ended, log: inout OutOfMemoryLog?) {
        let usage = ended.measured?.usage ?? CgroupUsage()
        let status = Self.exitStatus(ended)
        let killed = ended.killed
        // Killed with init, systemd may have removed the counter before it was read.
        let lost = ended.ending == nil && ended.stop == nil
        let kills = usage.memory?.oomKill ?? (lost ? 1 : 0)
        let findings = LimitFinding.all(
            in: RunEvidence(
                limits: plan.sandbox.limits, usage: usage, exitStatus: status,
                timeLimit: ended.stop == .timeLimit ? plan.timeLimit : nil, killed: killed,
                outOfMemoryKills: kills > 0
                    ? log?.kills(
                        users: range.base...range.host(IDRange.count - 1), expected: kills) ?? []
                    : []))
        var causes = findings.map(\.description)
        if !findings.contains(where: \.isCause) {
            if case .signal(let signal) = ended.stop {
                let how = ended.ending == nil ? "killed" : "ended"
                causes.insert("\(how): by \(signal.name) to bulkhead", at: 0)
            } else if ended.ending == nil {
                causes.insert("killed: its init was killed from outside the sandbox", at: 0)
            }
        }
        self.causes = causes
        exitStatus = status
    }

    private static func exitStatus(_ ended: Ended) -> Int32 {
        // 128 + SIGKILL, whatever the command made of the signal that it was sent first.
        if ended.stop == .timeLimit { return 137 }
        guard let ending = ended.ending else { return 137 }
        return Int32(ending.status) + (ending.signalled ? 128 : 0)
    }
}

extension Ended {
    /// Who died of SIGKILL, the command among them.
    fileprivate var killed: [RunEvidence.KilledProcess] {
        var all = casualties
        if let ending, ending.signalled, ending.status == UInt8(Signal.SIGKILL.rawValue) {
            all.append(Casualty(pid: ending.pid, name: ending.name))
        }
        return all.map {
            RunEvidence.KilledProcess(
                pid: Int32(clamping: $0.pid), command: String(decoding: $0.name, as: UTF8.self))
        }
    }
}
