internal import Plan

/// An option for a limit, of the same word: `--memory-high` for memory_high.
enum LimitOption: Hashable {
    case word(LimitName)
    /// `--io PATH:LIMITS`
    case io
    /// `--hugetlb SIZE:BYTES`
    case hugePages

    static let all = LimitName.words.map(Self.word) + [.io, .hugePages]

    /// Nil where no limit has this option.
    init?(_ name: String) {
        guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// Without the hyphens.
    var name: String {
        switch self {
        case .io: "io"
        case .hugePages: "hugetlb"
        case .word(let limit):
            String(
                decoding: limit.text.utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 },
                as: UTF8.self)
        }
    }

    /// The limit and the value that `text` says.
    ///
    /// - Parameter base: the current directory, nil where it is gone.
    func read(
        _ text: String, base: String?
    ) throws(InvalidValue) -> (limit: LimitName, value: String) {
        let subject = "--\(name)"
        let limit: LimitName
        var value = text
        switch self {
        case .word(let word): limit = word
        case .io, .hugePages:
            guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
                throw InvalidValue(
                    subject, text, "has no ':' between what is limited and the limit",
                    hint: self == .io
                        ? "for example: --io /srv:wbps=50M" : "for example: --hugetlb 2M:512M")
            }
            let device = String(text[..<colon])
            value = String(text[text.utf8.index(after: colon)...])
            limit =
                self == .io
                ? .io(path: try PlainPath(onHost: device, base: base, for: subject).text)
                : .hugePages(try HugePageSize(parsing: device, for: subject))
        }
        _ = try LimitOrder(parsing: value, of: limit, for: subject)
        return (limit, value)
    }

    var description: OptionDescription {
        OptionDescription(
            name, value: OptionValue(placeholder, self == .io ? .file : .nothing),
            isForOperands: true, summary, group: "Limits, of the projects and workloads before them"
        )
    }

    private var placeholder: String {
        switch self {
        case .io: "PATH:LIMITS"
        case .hugePages: "SIZE:BYTES"
        case .word(.cpus): "LIST"
        case .word(let limit):
            switch limit.unit {
            case .bytes: "SIZE"
            case .microseconds: "TIME"
            case .millicores, .count, .perSecond, .list: "N"
            }
        }
    }

    private var summary: String {
        switch self {
        case .io: "rbps=, wbps=, riops=, wiops= a second, on the disk under PATH"
        case .hugePages: "memory in huge pages of this size"
        case .word(let limit):
            switch limit {
            case .memory: "memory, swap not counted"
            case .memoryHigh: "memory above which it is slowed down and reclaimed from"
            case .memoryLow: "memory that is spared while others have some to give"
            case .memoryMin: "memory that is never reclaimed"
            case .swap: "swap"
            case .cpu: "processors, such as 1.5 or 150%"
            case .cpuWeight: "share of the processors when they are short, 1 to 10000"
            case .cpuBurst: "processor time that may be saved up, such as 20ms"
            case .cpus: "the processors it may use, such as 0-3,6"
            case .cpuMin: "processors that are kept free for it"
            case .pids: "processes and threads"
            case .ioWeight: "share of the disks when they are short, 1 to 10000"
            case .disk: "bytes on disk"
            case .inodes: "files on disk"
            case .openFiles: "descriptors of one process"
            case .tmp: "size of /tmp, in memory"
            case .shm: "size of /dev/shm, in memory"
            case .logRate: "lines of output a second"
            case .io, .hugePages: ""
            }
        }
    }
}

extension LimitName {
    /// Whether some of it can be given to another.
    var hasAmount: Bool {
        switch self {
        case .memory, .memoryHigh, .memoryLow, .memoryMin, .swap, .cpu, .cpuMin, .pids, .disk,
            .inodes, .logRate, .hugePages:
            true
        case .cpuWeight, .cpuBurst, .cpus, .ioWeight, .io, .openFiles, .tmp, .shm: false
        }
    }
}
