internal import Cgroups
public import Plan
internal import Syscalls

extension EndEvidence {
    /// Why the run ended: one cause, never "unknown", with what bears it out and what to type next.
    ///
    /// What Bulkhead did itself is known and comes first, but for a kill that the kernel says was its
    /// own. Then what the kernel says, then what it counted; what is left was the run's own doing.
    public func account() -> RunAccount {
        let decided = decide()
        return RunAccount(
            decided.cause, decided.text, evidence: lines(beside: decided), log: log,
            actor: decided.actor, suggestion: suggestion(for: decided.cause))
    }

    struct Decision {
        var cause: RunCause
        var text: String
        var actor: UInt32?

        init(_ cause: RunCause, _ text: String, actor: UInt32? = nil) {
            self.cause = cause
            self.text = text
            self.actor = actor
        }
    }

    // MARK: Deciding

    private func decide() -> Decision {
        if let stop, !wasKilledForMemoryItself { return stopped(stop) }
        if end == .lost { return Decision(.lost, lostText) }
        if let sent, isBy(sent) {
            let name = Signal(rawValue: CInt(sent.number)).name
            return Decision(
                .operator, "\(ownWords): \(name) was sent by \(who(sent.actor))", actor: sent.actor)
        }
        if end == .killed(signal: sigsys) { return Decision(.seccomp, seccompText) }
        if let memory = memoryDecision { return memory }
        if !end.isSuccess, gaveUp {
            if let finding = findings.first(where: \.isAboutProcesses) {
                return Decision(.pids, "\(ownWords) after a limit was met: \(finding)")
            }
            if let disk = diskDecision { return disk }
        }
        if case .killed(let number) = end {
            let from = number == 9 ? ", which neither Bulkhead nor a limit sent" : ""
            return Decision(.signal, "killed by \(Signal(rawValue: CInt(number)).name)\(from)")
        }
        return Decision(.exited, ownWords)
    }

    /// It may have been stopped at the same time; who was first, the kernel's log says.
    private var wasKilledForMemoryItself: Bool {
        end == .killed(signal: 9) && pid != nil && logged.contains { $0.hostPID == pid }
    }

    private func stopped(_ stop: StopOrder) -> Decision {
        var text = stop.text
        if let actor = stop.actor, !text.has("by uid ") { text += " (\(who(actor)))" }
        return Decision(stop.cause, text, actor: stop.actor)
    }

    private func isBy(_ sent: SentSignal) -> Bool {
        switch end {
        case .killed(let number): number == sent.number
        // A program that ends in good order when it is told to.
        case .exited: [1, 2, 3, 15].contains(sent.number)
        case .lost: false
        }
    }

    private var memoryDecision: Decision? {
        guard let finding = findings.first(where: \.isAboutMemory) else { return nil }
        let named = logged.isEmpty || pid == nil ? nil : logged.contains { $0.hostPID == pid }
        let isMain = end == .killed(signal: 9) && named != false
        // What lived on until it had done its work did not end of it.
        if !isMain && end.isSuccess { return nil }
        if case .killed(let number) = end, !isMain, !abortSignals.contains(number) { return nil }
        switch finding {
        case .memoryShort: return Decision(.memoryMachine, text(of: finding, isMain: isMain))
        case .memoryMax, .timeLimit, .pidsMax, .pidsAbove:
            return Decision(isMain ? .memoryMax : .memoryChild, text(of: finding, isMain: isMain))
        }
    }

    private func text(of finding: LimitFinding, isMain: Bool) -> String {
        finding.isCause || isMain ? "\(finding)" : "\(ownWords) after \(finding)"
    }

    private var diskDecision: Decision? {
        // Programs that clean up after themselves leave more room than they met, and say so.
        let isTold = log.contains { $0.isAboutSpace }
        guard let disk = isTold ? diskMet ?? disk : disk else { return nil }
        if disk.hasInodes(percent: isTold ? 85 : 98) {
            return Decision(.inodes, "\(ownWords) with the project's inodes used up")
        }
        if disk.hasBytes(percent: isTold ? 85 : 98) {
            return Decision(.disk, "\(ownWords) with the project's storage full")
        }
        return nil
    }

    private var seccompText: String {
        let profile = profile.map { "profile \($0)" } ?? "its seccomp profile"
        guard let denied else { return "killed by SIGSYS: a system call that \(profile) kills for" }
        let call = deniedCall ?? "system call \(denied.call)"
        switch denied.byOwnFilter {
        case false?: return "killed by SIGSYS: \(call), which \(profile) kills for"
        case true?: return "killed by SIGSYS: \(call), which a filter of its own kills for"
        case nil:
            return "killed by SIGSYS: \(call), which \(profile) or a filter of its own kills for"
        }
    }

    private var lostText: String {
        lossReason.isEmpty ? "ended with its sandbox" : "ended with its sandbox: \(lossReason)"
    }

    /// Whether it ended as programs end that cannot go on.
    private var gaveUp: Bool {
        switch end {
        case .exited(let code): code != 0
        case .killed(let number): abortSignals.contains(number)
        case .lost: false
        }
    }

    var ownWords: String {
        switch end {
        case .exited(let code): "exited with status \(code)"
        case .killed(let number): "killed by \(Signal(rawValue: CInt(number)).name)"
        case .lost: "ended with its sandbox"
        }
    }

    var findings: [LimitFinding] {
        leaf.findings(end, timeLimit: nil, killed: killed, logged: logged)
    }

    /// `uid 1000 (alice)`.
    private func who(_ user: UInt32) -> String {
        userNames[user].map { "uid \(user), \($0)" } ?? "uid \(user)"
    }

    // MARK: What bears it out

    private func lines(beside decided: Decision) -> [String] {
        var lines: [String] = []
        if !decided.text.hasPrefix(ownWords), end != .lost { lines.append(ownWords) }
        lines += findings.map(\.description).filter { !decided.text.has($0) }
        if let events = leaf.own.memory,
            leaf.ownLimits.memoryMax ?? leaf.wholeLimits.memoryMax != nil
        {
            let peak = leaf.own.memoryPeak.map { ", peak \($0)" } ?? ""
            let max =
                leaf.ownLimits.memoryMax.map { "memory.max \($0)" }
                ?? leaf.wholeLimits.memoryMax.map { "memory.max of the project \($0)" } ?? ""
            lines.append("\(max)\(peak), \(events.oomKill) killed for it")
        }
        if let refused = leaf.own.forksRefused, refused > 0 {
            lines.append("pids.events: max \(refused)")
        }
        if let periods = leaf.own.throttledPeriods, periods > 0, let time = leaf.own.throttledTime {
            lines.append("cpu throttled \(periods) times, \(Milliseconds(time / 1_000)) in all")
        }
        for kill in logged.prefix(4) {
            let whole = kill.isMachineWide ? "the machine was out of memory" : "a cgroup was"
            lines.append(
                "kernel log: killed \(quoted(kill.command)), host pid \(kill.hostPID): \(whole)")
        }
        if let disk, let max = disk.bytesMax {
            lines.append("storage: \(Bytes(disk.bytes)) of \(Bytes(max)) used")
        }
        if let disk, let max = disk.inodesMax {
            lines.append("storage: \(disk.inodes) of \(max) inodes used")
        }
        return lines
    }
}

/// SIGSYS of signal(7).
private let sigsys: UInt8 = 31
/// How programs end that found something that must not be: SIGTRAP, SIGABRT.
private let abortSignals: Set<UInt8> = [5, 6]

extension LimitFinding {
    var isAboutMemory: Bool {
        switch self {
        case .memoryMax, .memoryShort: true
        case .timeLimit, .pidsMax, .pidsAbove: false
        }
    }

    var isAboutProcesses: Bool {
        switch self {
        case .pidsMax, .pidsAbove: true
        case .timeLimit, .memoryMax, .memoryShort: false
        }
    }
}

extension String {
    /// The words of strerror(3) for ENOSPC and EDQUOT.
    var isAboutSpace: Bool { has("o space left on device") || has("isk quota exceeded") }
    var isAboutDescriptors: Bool { has("oo many open files") }

    /// The standard library's search would bring its engine for regular expressions along.
    fileprivate func has(_ words: String) -> Bool {
        var rest = utf8[...]
        while !rest.isEmpty {
            if rest.starts(with: words.utf8) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
