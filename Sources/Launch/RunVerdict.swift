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
