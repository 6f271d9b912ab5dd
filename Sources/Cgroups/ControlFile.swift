internal import Plan

/// A control file of a cgroup that says one limit, whatever that is: one value for the whole cgroup.
struct ControlFile: Hashable, Sendable {
    let name: LimitName
    let controller: Controller
    let file: String
    /// What the kernel writes into a new one: nothing is limited, or nothing special.
    let standard: String

    private init(_ name: LimitName, _ controller: Controller, _ file: String, _ standard: String) {
        self.name = name
        self.controller = controller
        self.file = file
        self.standard = standard
    }

    /// In the order in which limits are made tighter: `memory.high` before `memory.max`, so that a
    /// cgroup gets slow before it is in danger, and the burst before the quota, which the kernel keeps
    /// above it. Looser ones are set the other way round.
    static let all = [
        ControlFile(.memoryMin, .memory, "memory.min", "0"),
        ControlFile(.memoryLow, .memory, "memory.low", "0"),
        ControlFile(.memoryHigh, .memory, "memory.high", "max"),
        ControlFile(.memory, .memory, "memory.max", "max"),
        ControlFile(.swap, .memory, "memory.swap.max", "max"),
        ControlFile(.pids, .pids, "pids.max", "max"),
        ControlFile(.cpuBurst, .cpu, "cpu.max.burst", "0"),
        ControlFile(.cpu, .cpu, "cpu.max", "max"),
        ControlFile(.cpuWeight, .cpu, "cpu.weight", "100"),
        ControlFile(.cpus, .cpuset, "cpuset.cpus", ""),
        ControlFile(.ioWeight, .io, "io.weight", "default 100"),
    ]

    static func hugePages(_ size: HugePageSize) -> ControlFile {
        ControlFile(.hugePages(size), .hugetlb, "hugetlb.\(size.fileName).max", "max")
    }

    /// What its content says, nil where that is the kernel's standard.
    func value(in content: String) -> LimitValue? {
        let line = content.split(separator: "\n").first ?? ""
        if line == standard { return nil }
        let words = line.split(separator: " ")
        switch name {
        case .cpu:
            guard words.count == 2, let quota = UInt64(words[0]), let period = UInt64(words[1]),
                period > 0
            else { return nil }
            let share = quota.multipliedFullWidth(by: 1_000)
            let millicores = period > share.high ? period.dividingFullWidth(share).quotient : 0
            return .processorTime(CPUBandwidth(millicores: UInt32(clamping: millicores)))
        case .cpus: return (try? CPUSet(parsing: String(line), for: "")).map { .processors($0) }
        case .ioWeight: return words.last.flatMap { UInt64($0) }.map { .count($0) }
        case .cpuBurst: return UInt64(line).map { .microseconds($0) }
        case .pids, .cpuWeight: return UInt64(line).map { .count($0) }
        default: return line == "max" ? .unlimited : UInt64(line).map { .bytes(Bytes($0)) }
        }
    }

    /// What has to be written for it to say nothing special.
    var lift: ControlWrite {
        ControlWrite(controller: controller, file: file, value: standard)
    }
}
