/// The word for a limit: the same one in a configuration, on the command line (with `-` for `_`), in
/// what is shown and in what is recorded.
public enum LimitName: Hashable, Sendable {
    case memory, memoryHigh, memoryLow, memoryMin, swap
    case cpu, cpuWeight, cpuBurst, cpus, cpuMin
    case pids
    case ioWeight
    /// Of the device that holds a path: `io:/srv`.
    case io(path: String)
    case disk, inodes
    case openFiles, tmp, shm, logRate
    /// Of one size of pages: `hugetlb:2M`.
    case hugePages(HugePageSize)

    /// Those that are one word, in the order in which they are shown.
    public static let words: [LimitName] = [
        .memory, .memoryHigh, .memoryLow, .memoryMin, .swap, .cpu, .cpuWeight, .cpuBurst, .cpus,
        .cpuMin, .pids, .ioWeight, .disk, .inodes, .openFiles, .tmp, .shm, .logRate,
    ]

    public var text: String {
        switch self {
        case .memory: "memory"
        case .memoryHigh: "memory_high"
        case .memoryLow: "memory_low"
        case .memoryMin: "memory_min"
        case .swap: "swap"
        case .cpu: "cpu"
        case .cpuWeight: "cpu_weight"
        case .cpuBurst: "cpu_burst"
        case .cpus: "cpus"
        case .cpuMin: "cpu_min"
        case .pids: "pids"
        case .ioWeight: "io_weight"
        case .io(let path): "io:\(path)"
        case .disk: "disk"
        case .inodes: "inodes"
        case .openFiles: "open_files"
        case .tmp: "tmp"
        case .shm: "shm"
        case .logRate: "log_rate"
        case .hugePages(let size): "hugetlb:\(size)"
        }
    }

    /// Reads `memory_high`, `io:/srv` or `hugetlb:2M`.
    ///
    /// - Parameter subject: what it is, in the operator's words: `limit`.
    public init(parsing text: String, for subject: String) throws(InvalidValue) {
        if let name = Self.words.first(where: { $0.text == text }) {
            self = name
        } else if text.utf8.starts(with: "io:".utf8) {
            do throws(Refusal) {
                self = .io(path: try PlainPath(onHost: String(text.dropFirst(3)), base: nil).text)
            } catch {
                throw InvalidValue(
                    subject, text, error.reason, hint: "write io: and an absolute path")
            }
        } else if text.utf8.starts(with: "hugetlb:".utf8) {
            self = .hugePages(try HugePageSize(parsing: String(text.dropFirst(8)), for: subject))
        } else {
            let words = Self.words.map(\.text) + ["io:PATH", "hugetlb:SIZE"]
            let similar = nearest(to: text, in: words)
            throw InvalidValue(
                subject, text, "is no limit",
                hint: similar.map { "did you mean '\($0)'?" }
                    ?? "they are " + words.joined(separator: ", "))
        }
    }
}

extension LimitName: CustomStringConvertible {
    public var description: String { text }
}

extension LimitName {
    /// What its values count.
    public enum Unit: String, Hashable, Sendable, CaseIterable {
        case bytes, millicores, count, microseconds, list
        case perSecond = "per_second"
    }

    public var unit: Unit {
        switch self {
        case .memory, .memoryHigh, .memoryLow, .memoryMin, .swap, .disk, .tmp, .shm, .hugePages:
            .bytes
        case .cpu, .cpuMin: .millicores
        case .cpuWeight, .pids, .ioWeight, .inodes, .openFiles: .count
        case .cpuBurst: .microseconds
        case .cpus, .io: .list
        case .logRate: .perSecond
        }
    }

    /// Whether there may be no limit, said as `max`. Of the others, what is usual holds where nothing
    /// is said.
    public var canBeUnlimited: Bool {
        switch self {
        case .memory, .memoryHigh, .swap, .cpu, .pids, .io, .disk, .inodes, .hugePages: true
        case .memoryLow, .memoryMin, .cpuWeight, .cpuBurst, .cpus, .cpuMin, .ioWeight, .openFiles,
            .tmp, .shm, .logRate:
            false
        }
    }

    /// Whether a workload can have one of its own, below its project's.
    public var isForWorkloads: Bool {
        switch self {
        case .cpuMin, .disk, .inodes, .tmp, .shm, .logRate: false
        default: true
        }
    }
}
