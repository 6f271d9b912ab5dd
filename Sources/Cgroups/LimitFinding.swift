public import Plan

/// The part that a limit had in the end of a run, or in what went wrong in it.
public enum LimitFinding: Hashable, Sendable {
    /// Who was killed for want of memory.
    public struct Victims: Hashable, Sendable {
        /// The first of them, `python3 (pid 7)`; nil: nobody knows.
        public let first: String?
        public let count: UInt64

        public init(first: String?, count: UInt64) {
            self.first = first
            self.count = count
        }
    }

    /// Where there was no memory left, outside of the sandbox.
    public enum Shortage: Hashable, Sendable {
        case machine, cgroupAbove, unknown
    }

    case timeLimit(Milliseconds)
    /// `fatal`: the command ended by it.
    case memoryMax(Bytes?, peak: Bytes?, Victims, fatal: Bool)
    case memoryShort(Shortage, Victims, fatal: Bool)
    case pidsMax(UInt32, forksRefused: UInt64)
    /// A fork was refused by a limit that is not the sandbox's own.
    case pidsAbove(forksRefused: UInt64)

    /// Whether the run ended by it.
    public var isCause: Bool {
        switch self {
        case .timeLimit: true
        case .memoryMax(_, _, _, let fatal), .memoryShort(_, _, let fatal): fatal
        case .pidsMax, .pidsAbove: false
        }
    }
}

extension LimitFinding {
    /// All that the evidence bears out, the cause first.
    public static func all(in evidence: RunEvidence) -> [LimitFinding] {
        var found: [LimitFinding] = []
        if let limit = evidence.timeLimit { found.append(.timeLimit(limit)) }
        if let memory = memory(evidence) { found.append(memory) }
        if let processes = processes(evidence) { found.append(processes) }
        return found.filter(\.isCause) + found.filter { !$0.isCause }
    }

    private static func memory(_ evidence: RunEvidence) -> LimitFinding? {
        // The log is the second witness: where init was killed with the rest, systemd may have
        // removed the cgroup and its counters before they could be read.
        let logged = evidence.outOfMemoryKills
        let count = max(evidence.usage.memory?.oomKill ?? 0, UInt64(logged.count))
        if count == 0 { return nil }
        let victims = Victims(first: victim(evidence, count: count), count: count)
        // Killed by the time limit's kill, it was not ended by that of a child before.
        let fatal = evidence.exitStatus == 137 && evidence.timeLimit == nil
        // `oom` counts only what this cgroup's own limit brought about.
        let isOwn =
            evidence.usage.memory.map { $0.oom > 0 } ?? logged.contains { !$0.isMachineWide }
        if isOwn {
            return .memoryMax(
                evidence.limits.memoryMax, peak: evidence.usage.memoryPeak, victims, fatal: fatal)
        }
        let shortage: Shortage =
            switch logged.first?.isMachineWide {
            case true?: .machine
            case false?: .cgroupAbove
            case nil: .unknown
            }
        return .memoryShort(shortage, victims, fatal: fatal)
    }

    /// Who was killed first, with the pid that it had inside where that can be said for certain.
    private static func victim(_ evidence: RunEvidence, count: UInt64) -> String? {
        if let logged = evidence.outOfMemoryKills.first {
            let same = evidence.killed.filter { $0.command == logged.command }
            let pid = same.count == 1 ? "pid \(same[0].pid)" : "host pid \(logged.hostPID)"
            return "\(shown(logged.command)) (\(pid))"
        }
        // Without the log: where no more were killed than the kernel killed, it was the kernel.
        guard let first = evidence.killed.first, UInt64(evidence.killed.count) <= count else {
            return nil
        }
        return "\(shown(first.command)) (pid \(first.pid))"
    }

    /// A command's name comes from the sandbox; one that is not plain is quoted.
    private static func shown(_ command: String) -> String {
        let isPlain =
            !command.isEmpty
            && command.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-_.+:/@".utf8.contains(byte)
                }
            }
        return isPlain ? command : quoted(command)
    }

    private static func processes(_ evidence: RunEvidence) -> LimitFinding? {
        guard let refused = evidence.usage.forksRefused, refused > 0 else { return nil }
        guard let limit = evidence.limits.pidsMax else { return .pidsAbove(forksRefused: refused) }
        // Before Linux 6.11 the counter also counts what a limit above refused.
        if let peak = evidence.usage.pidsPeak, peak < limit {
            return .pidsAbove(forksRefused: refused)
        }
        return .pidsMax(limit, forksRefused: refused)
    }
}

extension LimitFinding: CustomStringConvertible {
    /// One line: `killed: memory.max 512M reached at 511.9M by python3 (pid 7)`.
    public var description: String {
        switch self {
        case .timeLimit(let limit): "killed: time limit \(limit) reached"
        case .memoryMax(let limit, let peak, let victims, let fatal):
            Self.memoryText(
                "memory.max" + (limit.map { " \($0)" } ?? "") + " reached"
                    + (peak.map { " at \($0)" } ?? ""),
                blame: "by", victims, fatal: fatal)
        case .memoryShort(let shortage, let victims, let fatal):
            Self.memoryText(
                shortage.text, blame: "and the kernel chose", victims, fatal: fatal)
        case .pidsMax(let limit, let refused):
            "pids.max \(limit) reached: \(Self.forks(refused))"
        case .pidsAbove(let refused):
            "a limit on processes above the sandbox was reached: \(Self.forks(refused))"
        }
    }

    /// - Parameter blame: what joins the victim to what happened.
    private static func memoryText(
        _ what: String, blame: String, _ victims: Victims, fatal: Bool
    ) -> String {
        let more = victims.count > 1 ? " and \(victims.count - 1) more" : ""
        let were = victims.count > 1 ? "were" : "was"
        switch (victims.first, fatal) {
        case (nil, true): return "killed: \(what)"
        case (let first?, true): return "killed: \(what) \(blame) \(first)\(more)"
        case (nil, false):
            let processes = victims.count == 1 ? "1 process" : "\(victims.count) processes"
            return "\(what): \(processes) \(were) killed, the command went on"
        case (let first?, false):
            return "\(what): \(first)\(more) \(were) killed, the command went on"
        }
    }

    private static func forks(_ count: UInt64) -> String {
        count == 1 ? "1 fork was refused" : "\(count) forks were refused"
    }
}

extension LimitFinding.Shortage {
    fileprivate var text: String {
        switch self {
        case .machine: "the machine ran out of memory"
        case .cgroupAbove: "a cgroup above the sandbox ran out of memory"
        case .unknown: "memory ran out outside of the sandbox"
        }
    }
}
