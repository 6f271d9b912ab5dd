extension Limits {
    /// A limit by its name; nil: not limited here, or what is usual. A value that is none of that
    /// limit lifts it, as `unlimited` does.
    public subscript(name: LimitName) -> LimitValue? {
        get {
            switch name {
            case .memory: memoryMax.map { .bytes($0) }
            case .memoryHigh: memoryHigh.map { .bytes($0) }
            case .memoryLow: memoryLow.map { .bytes($0) }
            case .memoryMin: memoryMin.map { .bytes($0) }
            case .swap: swapMax.map { .bytes($0) }
            case .cpu: cpuMax.map { .processorTime($0) }
            case .cpuWeight: cpuWeight.map { .count(UInt64($0)) }
            case .cpuBurst: cpuBurst.map { .microseconds($0) }
            case .cpus: cpuSet.map { .processors($0) }
            case .cpuMin: cpuMin.map { .processorTime($0) }
            case .pids: pidsMax.map { .count(UInt64($0)) }
            case .ioWeight: ioWeight.map { .count(UInt64($0)) }
            case .io(let path): io.first { $0.path == path }.map { .rates($0) }
            case .disk: disk.map { .bytes($0) }
            case .inodes: inodes.map { .count($0) }
            case .openFiles: openFiles.map { .count(UInt64($0)) }
            case .tmp: tmp.map { .bytes($0) }
            case .shm: shm.map { .bytes($0) }
            case .logRate: logRate.map { .count(UInt64($0.linesPerSecond)) }
            case .hugePages(let size):
                hugePages.first { $0.size == size }.map { .bytes($0.max) }
            }
        }
        set { set(name, to: newValue) }
    }

    private mutating func set(_ name: LimitName, to value: LimitValue?) {
        let count = value?.number
        let bytes = count.map { Bytes($0) }
        let small = count.map { UInt32(clamping: $0) }
        switch name {
        case .memory: memoryMax = bytes
        case .memoryHigh: memoryHigh = bytes
        case .memoryLow: memoryLow = bytes
        case .memoryMin: memoryMin = bytes
        case .swap: swapMax = bytes
        case .cpu: cpuMax = small.map { CPUBandwidth(millicores: $0) }
        case .cpuMin: cpuMin = small.map { CPUBandwidth(millicores: $0) }
        case .cpuWeight: cpuWeight = small
        case .cpuBurst: cpuBurst = count
        case .pids: pidsMax = small
        case .ioWeight: ioWeight = small
        case .disk: disk = bytes
        case .inodes: inodes = count
        case .openFiles: openFiles = small
        case .tmp: tmp = bytes
        case .shm: shm = bytes
        case .logRate: setLogRate(small)
        case .cpus:
            guard case .processors(let set)? = value else {
                cpuSet = nil
                return
            }
            cpuSet = set
        case .io(let path): setIO(value, of: path)
        case .hugePages(let size):
            let index = hugePages.firstIndex { $0.size == size }
            switch (index, bytes) {
            case (let index?, let bytes?): hugePages[index].max = bytes
            case (nil, let bytes?): hugePages.append(HugePageLimit(size: size, max: bytes))
            case (let index?, nil): hugePages.remove(at: index)
            case (nil, nil): break
            }
        }
    }

    private mutating func setIO(_ value: LimitValue?, of path: String) {
        let index = io.firstIndex { $0.path == path }
        guard case .rates(var limit)? = value else {
            if let index { io.remove(at: index) }
            return
        }
        limit.path = path
        if let index { io[index] = limit } else { io.append(limit) }
    }

    /// What may come at once grows along, as it does where a configuration says the rate alone.
    private mutating func setLogRate(_ linesPerSecond: UInt32?) {
        guard let linesPerSecond else {
            logRate = nil
            return
        }
        var rate = logRate ?? .standard
        rate.linesPerSecond = linesPerSecond
        rate.burst = max(rate.burst, linesPerSecond)
        logRate = rate
    }

    /// Those that are set, in the order in which they are shown.
    public var names: [LimitName] {
        var found: [LimitName] = []
        for name in LimitName.words where self[name] != nil { found.append(name) }
        for limit in io { found.append(.io(path: limit.path)) }
        for limit in hugePages { found.append(.hugePages(limit.size)) }
        return found
    }

    /// These with what `other` sets in place of their own.
    public func replaced(by other: Limits) -> Limits {
        var result = self
        for name in other.names { result[name] = other[name] }
        return result
    }
}

extension LimitName {
    /// What the kernel takes where nothing is said, unless that is that there is no limit.
    private var usualNumber: UInt64? {
        switch self {
        case .memoryLow, .memoryMin, .cpuBurst, .cpuMin: 0
        case .cpuWeight, .ioWeight: 100
        default: nil
        }
    }

    /// Whether `new` allows more than `old`, so that it can do no harm. Nil: not limited.
    public func grows(from old: LimitValue?, to new: LimitValue?) -> Bool {
        if old == new { return false }
        switch self {
        case .cpus:
            guard case .processors(let wide)? = new else { return true }
            guard case .processors(let narrow)? = old else { return false }
            return narrow.isSubset(of: wide)
        case .io:
            guard case .rates(let wide)? = new else { return true }
            guard case .rates(let narrow)? = old else { return false }
            return wide.allows(narrow)
        default:
            guard let new = new?.number ?? usualNumber else { return true }
            guard let old = old?.number ?? usualNumber else { return false }
            return new > old
        }
    }
}
