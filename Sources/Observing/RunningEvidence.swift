public import Cgroups
public import Plan

/// What is known of a project, or of a run of it, that runs: why it may be slow.
public struct RunningEvidence: Sendable {
    /// How often a `cpu.max` stopped it, in what time.
    public struct Throttling: Hashable, Sendable {
        public var periods: UInt64
        public var throttled: UInt64
        /// Time it stood still in all, and the time that all this is of, in microseconds.
        public var stopped: UInt64
        public var span: UInt64

        public init(periods: UInt64, throttled: UInt64, stopped: UInt64, span: UInt64) {
            self.periods = periods
            self.throttled = throttled
            self.stopped = stopped
            self.span = span
        }
    }

    public var project: ProjectName
    /// Nil: the whole project.
    public var workload: WorkloadName?
    /// Whether the workload stands in a configuration, so that its limits can be changed.
    public var isConfigured = true
    public var pressure = Pressure()
    /// Of a while ago until now; nil: no `cpu.max` stopped it.
    public var throttling: Throttling?
    /// Whom the kernel killed in it for want of memory, as far as that is known.
    public var killed: [OutOfMemoryKill] = []
    public var usage = CgroupUsage()
    /// As the kernel has them: those of the run, and those of its project.
    public var limits: [LimitInForce] = []
    public var projectLimits: [LimitInForce] = []
    /// The process with the most open files, against its limit.
    public var openFiles: (used: Int, max: Int, command: String)?
    public var disk: DiskUsage?

    public init(_ project: ProjectName, _ workload: WorkloadName?) {
        self.project = project
        self.workload = workload
    }

    var place: String { workload.map { "\(project)/\($0)" } ?? project.text }

    /// What matters most of it now. `isSlow`: whether something holds it up.
    public func account() -> (account: RunAccount, isSlow: Bool) {
        var found = slowness() ?? closeToALimit()
        if found == nil, let kills = usage.memory?.oomKill, kills > 0, workload != nil {
            let processes = kills == 1 ? "1 process was" : "\(kills) processes were"
            let who = kills == 1 ? killed.last.map { "\(quoted($0.command)) was" } : nil
            let limit = bytes("memory.max").map { ": memory.max \($0)" } ?? ""
            found = RunAccount(
                .memoryChild,
                "runs, but \(who ?? processes) killed for want of memory in it\(limit)",
                evidence: killed.suffix(4).map {
                    "kernel log: killed \(quoted($0.command)), host pid \($0.hostPID)"
                },
                suggestion: moreMemory ?? "bulkhead quota show \(project)")
        }
        var account = found ?? RunAccount(.running, "runs, and nothing holds it up")
        account.evidence = Array((account.evidence + lines).prefix(RunAccount.evidenceMax))
        switch account.cause {
        case .slowCPU, .slowMemory, .slowIO: return (account, true)
        default: return (account, false)
        }
    }

    // MARK: Deciding

    /// From so much waiting on it shows, in percent of the last ten seconds.
    private static let cpuSlow = 20.0
    private static let memorySlow = 10.0
    private static let ioSlow = 20.0

    private func slowness() -> RunAccount? {
        func share(_ resource: Pressure.Resource, of least: Double) -> Double {
            (pressure[resource]?.some.percent ?? 0) / least
        }
        let shares: [(Pressure.Resource, Double)] = [
            (.memory, share(.memory, of: Self.memorySlow)), (.cpu, share(.cpu, of: Self.cpuSlow)),
            (.io, share(.io, of: Self.ioSlow)),
        ]
        // Reclaim reads and waits too, so that memory is named first among equals.
        var most = shares[0]
        for other in shares where other.1 > most.1 { most = other }
        if most.1 < 1 { return nil }
        switch most.0 {
        case .memory: return shortOfMemory()
        case .cpu: return shortOfProcessor()
        case .io:
            return RunAccount(
                .slowIO, "waits for the disk for \(percent(.io)) of the time",
                suggestion: "bulkhead quota show \(place)")
        }
    }

    private func shortOfProcessor() -> RunAccount {
        let wait = "waits for a processor for \(percent(.cpu)) of the time"
        guard let throttling, throttling.throttled > 0, let limit = cpuLimit else {
            return RunAccount(
                .slowCPU, "\(wait): others have them", suggestion: "bulkhead top --once")
        }
        let share = throttling.periods == 0 ? 0 : throttling.throttled * 100 / throttling.periods
        let wanted = UInt64(limit.millicores) / 2 * 3
        return RunAccount(
            .slowCPU, "\(wait): cpu.max \(limit) stops it in \(share)% of its periods",
            evidence: [
                "throttled in \(throttling.throttled) of \(throttling.periods) periods of the last "
                    + "\(Milliseconds(throttling.span / 1_000_000 * 1_000)),"
                    + " \(Milliseconds(throttling.stopped / 1_000)) in all"
            ],
            suggestion: raise(
                "cpu.max", "cpu", "\(CPUBandwidth(millicores: UInt32(clamping: wanted)))"))
    }

    private func shortOfMemory() -> RunAccount {
        let wait = "waits for memory for \(percent(.memory)) of the time"
        let high = bytes("memory.high")
        let max = bytes("memory.max")
        let used = usage.memoryCurrent
        if let high, let used, used.count >= high.count / 10 * 9 {
            return RunAccount(
                .slowMemory, "\(wait): it is held at memory.high \(high)",
                suggestion: raise(
                    "memory.high", "memory-high", Bytes(high.count / 5 &* 7).roundedUp))
        }
        let limit = max.map { ": memory.max is \($0)" } ?? ""
        return RunAccount(
            .slowMemory, wait + limit,
            suggestion: moreMemory ?? "bulkhead top --once")
    }

    /// Two fifths above what it may have; nil: it may have all.
    private var moreMemory: String? {
        bytes("memory.max").map {
            raise("memory.max", "memory", Bytes($0.count / 5 &* 7).roundedUp)
        }
    }

    private func closeToALimit() -> RunAccount? {
        if let disk, disk.hasInodes(percent: 98) {
            return RunAccount(
                .inodes, "runs, but the project's inodes are used up",
                suggestion: "bulkhead rescue \(project)")
        }
        if let disk, disk.hasBytes(percent: 98) {
            return RunAccount(
                .disk, "runs, but the project's storage is full",
                suggestion: "bulkhead rescue \(project)")
        }
        if let current = usage.pidsCurrent, let max = number("pids.max"), current >= max {
            return RunAccount(
                .pids, "runs, but cannot fork: pids.max \(max) is reached",
                suggestion: raise("pids.max", "pids", "\(max &* 2)"))
        }
        return nil
    }

    // MARK: Numbers

    private var lines: [String] {
        var lines: [String] = []
        for resource in Pressure.Resource.allCases {
            guard let stall = pressure[resource], stall.some.hundredths > 0 else { continue }
            lines.append(
                "\(resource.file): some \(Self.text(stall.some.percent))%,"
                    + " full \(Self.text(stall.full?.percent ?? 0))% of the last 10 s")
        }
        if let used = usage.memoryCurrent {
            let max = bytes("memory.max").map { " of \($0)" } ?? ""
            lines.append("memory: \(used)\(max) used")
        }
        if let openFiles, openFiles.used * 10 >= openFiles.max * 9 {
            lines.append(
                "open files: \(quoted(openFiles.command)) has \(openFiles.used)"
                    + " of \(openFiles.max)")
        }
        return lines
    }

    private func percent(_ resource: Pressure.Resource) -> String {
        "\(Self.text(pressure[resource]?.some.percent ?? 0))%"
    }

    /// Whole percents.
    private static func text(_ share: Double) -> String {
        "\(UInt64(max(0, min(share, 100)) + 0.5))"
    }

    private func value(_ file: String) -> Substring? {
        for limit in limits + projectLimits where limit.file == file {
            let word = limit.value.split(separator: " ").first ?? ""
            if word != "max" { return word }
        }
        return nil
    }

    private func number(_ file: String) -> UInt64? { value(file).flatMap { UInt64($0) } }
    private func bytes(_ file: String) -> Bytes? { number(file).map { Bytes($0) } }

    private var cpuLimit: CPUBandwidth? {
        // `50000 100000`: so many microseconds of each period.
        for limit in limits + projectLimits where limit.file == "cpu.max" {
            let words = limit.value.split(separator: " ")
            guard words.count == 2, let quota = UInt64(words[0]), let period = UInt64(words[1]),
                period > 0
            else { continue }
            return CPUBandwidth(millicores: UInt32(clamping: quota * 1_000 / period))
        }
        return nil
    }

    /// The command that raises the limit that holds it: of the run's own leaf, or of its project.
    private func raise(_ file: String, _ option: String, _ value: String) -> String {
        let isOwn = limits.contains { $0.file == file && !$0.value.hasPrefix("max") }
        // What a command was given with stays until it ends.
        if isOwn && !isConfigured { return "bulkhead quota show \(project)" }
        return "bulkhead quota set \(isOwn ? place : project.text) --\(option) \(value)"
    }
}
