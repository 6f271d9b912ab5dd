public import Plan

/// What the kernel says of one limit.
public struct LimitReading: Hashable, Sendable {
    public let name: LimitName
    /// Nil: the kernel has no such limit, and so none is in force. `unlimited`: it could have one.
    public var inForce: LimitValue?
    /// In the unit of the limit; nil: nobody counts it.
    public var inUse: UInt64?
    public var peak: UInt64?
    /// How often it held something back: reclaims, refused forks, throttled periods.
    public var hits: UInt64?

    public init(
        _ name: LimitName, inForce: LimitValue?, inUse: UInt64? = nil, peak: UInt64? = nil,
        hits: UInt64? = nil
    ) {
        self.name = name
        self.inForce = inForce
        self.inUse = inUse
        self.peak = peak
        self.hits = hits
    }
}

/// What the kernel says of all limits of a project or of one of its runs, in the order of
/// `LimitName.words`.
public struct LimitReadings: Hashable, Sendable {
    public var all: [LimitReading]

    public init(_ all: [LimitReading]) { self.all = all }

    public subscript(name: LimitName) -> LimitReading? { all.first { $0.name == name } }
}

extension LimitReadings {
    /// Reads each control file once.
    ///
    /// - Parameters:
    ///   - devices: of which `io.max` is asked, with the paths that say so.
    ///   - pages: the sizes of huge pages that are asked for.
    ///   - read: returns the content of a control file, nil where it is absent.
    init(
        devices: [(path: String, device: BlockDevice)], pages: [HugePageSize],
        _ read: (String) -> String?
    ) {
        let memory = Memory(read)
        let cpu = read("cpu.stat").map(flatKeyed) ?? [:]
        let forks = read("pids.events").map(flatKeyed)?["max"]
        var all: [LimitReading] = []
        for file in ControlFile.all {
            guard let content = read(file.file) else {
                all.append(LimitReading(file.name, inForce: nil))
                continue
            }
            var reading = LimitReading(file.name, inForce: file.inForce(content))
            switch file.name {
            case .memory: (reading.inUse, reading.peak, reading.hits) = memory.whole
            case .memoryHigh: (reading.inUse, reading.peak, reading.hits) = memory.high
            case .memoryLow: reading.hits = memory.events["low"]
            case .swap:
                reading.inUse = read("memory.swap.current").flatMap(single)
                reading.peak = read("memory.swap.peak").flatMap(single)
                reading.hits = read("memory.swap.events").map(flatKeyed)?["max"]
            case .pids:
                reading.inUse = read("pids.current").flatMap(single)
                reading.peak = read("pids.peak").flatMap(single)
                reading.hits = forks
            case .cpu: reading.hits = cpu["nr_throttled"]
            case .cpuBurst: reading.hits = cpu["nr_bursts"]
            default: break
            }
            all.append(reading)
        }
        if !devices.isEmpty {
            let lines = read("io.max")?.split(separator: "\n") ?? []
            for (path, device) in devices {
                let line = lines.first { $0.split(separator: " ").first ?? "" == "\(device)" }
                all.append(
                    LimitReading(
                        .io(path: path),
                        inForce: line.map { .rates(IOLimit(line: $0, path: path)) } ?? .unlimited))
            }
        }
        for size in pages {
            let file = ControlFile.hugePages(size)
            let prefix = "hugetlb.\(size.fileName)"
            all.append(
                LimitReading(
                    file.name, inForce: read(file.file).flatMap(file.inForce),
                    inUse: read("\(prefix).current").flatMap(single),
                    hits: read("\(prefix).events").map(flatKeyed)?["max"]))
        }
        let order = LimitName.words
        self.all = all.sorted { left, right in
            (order.firstIndex(of: left.name) ?? order.count)
                < (order.firstIndex(of: right.name) ?? order.count)
        }
    }

    private struct Memory {
        let current: UInt64?
        let peak: UInt64?
        /// Of this cgroup's own limits where the kernel counts them apart (Linux 5.12).
        let events: [Substring: UInt64]

        init(_ read: (String) -> String?) {
            current = read("memory.current").flatMap(single)
            peak = read("memory.peak").flatMap(single)
            events =
                (read("memory.events.local") ?? read("memory.events")).map(flatKeyed) ?? [:]
        }

        var whole: (UInt64?, UInt64?, UInt64?) { (current, peak, events["max"]) }
        var high: (UInt64?, UInt64?, UInt64?) { (current, peak, events["high"]) }
    }
}

extension ControlFile {
    /// What is in force, the kernel's standard as a value too.
    func inForce(_ content: String) -> LimitValue? {
        if let value = value(in: content) { return value }
        switch name {
        case .memoryMin, .memoryLow: return .bytes(Bytes(0))
        case .cpuBurst: return .microseconds(0)
        case .cpuWeight, .ioWeight: return .count(100)
        default: return .unlimited
        }
    }
}

extension ProjectCgroup {
    /// What the kernel says of its limits, or of those of a leaf: a file is opened once at most.
    public func readings(of leaf: CgroupLeaf? = nil) -> LimitReadings {
        let asked = leaf.map { askedOfLeaves[$0] } ?? self.asked
        let devices = zip(asked?.limits.io ?? [], asked?.devices ?? []).map { ($0.path, $1) }
        return LimitReadings(
            devices: devices, pages: asked?.limits.hugePages.map(\.size) ?? []
        ) { read($0, of: leaf) }
    }

    /// How much its processes, or those of a leaf, have to wait.
    public func pressure(of leaf: CgroupLeaf? = nil) -> Pressure {
        Pressure { read($0, of: leaf) }
    }
}
