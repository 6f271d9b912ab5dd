internal import Cgroups
internal import Plan
internal import Syscalls

/// How a run in a supervised sandbox ended, and why.
public struct RunVerdict: Hashable, Sendable {
    /// One line: `exited with status 0`, `killed: memory.max 512M reached`.
    public let cause: String
    /// What else limits had to do with it, a line each.
    public let findings: [String]

    init(_ end: RunEnd, findings: [LimitFinding], stopped: String?) {
        var lines = findings.filter { !$0.isCause }.map(\.description)
        let own =
            switch end {
            case .exited(let code): "exited with status \(code)"
            case .killed(let signal): "killed by \(Signal(rawValue: CInt(signal)).name)"
            case .lost: "ended with its sandbox"
            }
        if let limit = findings.first(where: \.isCause) {
            cause = limit.description
        } else if let stopped {
            cause = stopped
            lines.insert(own, at: 0)
        } else {
            cause = own
        }
        self.findings = lines
    }
}

/// What the kernel counted of a run's leaf and of the sandbox around it.
struct LeafEvidence {
    var own: CgroupUsage
    var ownLimits: Limits
    var whole: CgroupUsage
    var wholeLimits: Limits

    func findings(
        _ end: RunEnd, timeLimit: Milliseconds?, killed: [RunEvidence.KilledProcess]
    ) -> [LimitFinding] {
        var usage = own
        var limits = ownLimits
        // A kill in the leaf that its own limit did not bring about, in a sandbox whose limit was
        // reached: that was it.
        if let events = own.memory, events.oomKill > 0, events.oom == 0,
            let above = whole.memory, above.oom > 0
        {
            usage.memory?.oom = above.oom
            usage.memoryPeak = whole.memoryPeak
            limits.memoryMax = wholeLimits.memoryMax
        }
        if limits.pidsMax == nil, let refused = own.forksRefused, refused > 0 {
            limits.pidsMax = wholeLimits.pidsMax
            usage.pidsPeak = whole.pidsPeak
        }
        return LimitFinding.all(
            in: RunEvidence(
                limits: limits, usage: usage, exitStatus: end.exitStatus, timeLimit: timeLimit,
                killed: killed))
    }
}

extension Limits {
    /// Those of memory and processes that control files name.
    init(inForce found: [LimitInForce]) {
        self.init()
        for limit in found {
            guard let number = UInt64(limit.value) else { continue }
            switch limit.file {
            case "memory.max": memoryMax = Bytes(number)
            case "pids.max": pidsMax = UInt32(clamping: number)
            default: continue
            }
        }
    }
}
