internal import Plan

/// What is read of `limits`.
struct LimitsDraft {
    var limits: Limits
    var allowUnlimited = false
    /// The class whose limits hold where none is given here.
    var quotaClass: String?
}

enum LimitTable {
    /// Of one workload, below its project's.
    static let workload = Table<LimitsDraft>(
        "limits of a service or task", [quotaClass] + keys(of: .workload))

    static let project = Table<LimitsDraft>(
        "limits",
        [
            quotaClass,
            .scalar(
                "allow_unlimited", .flag,
                About(
                    "Whether a limit that this machine cannot enforce is reported instead of "
                        + "refused.", standard: "false", example: "true"), to: \.allowUnlimited),
        ] + keys(of: .project))

    /// What a quota class may say: any limit. Of those that only a project can have, a workload takes
    /// none.
    static let quotaClassLimits = Table<LimitsDraft>("limits of a quota class", keys(of: .project))

    private enum Owner { case project, workload }

    private static let quotaClass = Key<LimitsDraft>(
        description: About(
            "A quota class: its limits hold where none is given here or nearer. `small`, `medium`, "
                + "`large`, `agent-small`, `agent-medium` and `agent-large` are installed; "
                + "`classes` has others.", example: "medium"
        ).description("class", "text"), takesNothing: false,
        read: { node, target, reading in
            target.quotaClass = Value<String>.text(most: 64).read(node, &reading)
        }, inherit: { _, near in near })

    private static func keys(of owner: Owner) -> [Key<LimitsDraft>] {
        let words = LimitName.words.filter { name in
            // The project has a key of its own for it.
            if name == .logRate { return false }
            return owner == .project || name.isForWorkloads
        }
        return words.map { .limit($0, about($0, standards: owner == .project)) } + [
            .ioLimits("io", to: \.limits.io), .hugePages("hugetlb", to: \.limits.hugePages),
        ]
    }

    private static func about(_ name: LimitName, standards: Bool) -> About {
        func about(_ meaning: String, _ standard: String, _ example: String) -> About {
            let far = standards || standard.utf8.starts(with: "the kernel".utf8)
            return About(meaning, standard: far ? standard : "the project's", example: example)
        }
        return switch name {
        case .memory:
            about("`memory.max`: above it the kernel reclaims, then kills.", "512M", "1G")
        case .memoryHigh:
            about(
                "`memory.high`: above it the kernel slows down and reclaims. Not above `memory`.",
                "none", "768M")
        case .memoryLow:
            about(
                "`memory.low`: what is below it is reclaimed last. Not above `memory`.",
                "the kernel's 0", "128M")
        case .memoryMin:
            about(
                "`memory.min`: memory that is guaranteed, never reclaimed. The guarantees of all "
                    + "projects together may not be above the machine.", "the kernel's 0", "256M")
        case .swap: about("`memory.swap.max`.", "0", "256M")
        case .cpu: about("`cpu.max`: processors, `1.5` or `150%`.", "1", "1.5")
        case .cpuWeight:
            about(
                "`cpu.weight`, 1 to 10000: the share when there are not enough processors.",
                "the kernel's 100", "200")
        case .cpuBurst:
            about(
                "`cpu.max.burst`: how much of what was not used of `cpu` may be used above it "
                    + "later, at most what `cpu` gives in 100 ms.", "the kernel's 0", "20ms")
        case .cpus:
            about(
                "`cpuset.cpus`: the processors to run on, by number.", "the kernel's all", "0-1")
        case .cpuMin:
            About(
                "Processors that are guaranteed: kept free for it when others are divided.",
                example: "0.5")
        case .pids: about("`pids.max`: processes and threads.", "256", "512")
        case .ioWeight:
            about(
                "`io.weight`, 1 to 10000: the share of a busy disk, where its scheduler knows "
                    + "shares.", "the kernel's 100", "200")
        case .disk: About("What the project's files may take up.", example: "10G")
        case .inodes: About("How many files the project may have.", example: "100000")
        case .openFiles:
            about(
                "`RLIMIT_NOFILE`: descriptors that each process may have.",
                "1024, up to 16384 for a process that asks for more", "4096")
        case .tmp:
            About(
                "Gives /tmp a size of its own; what is in it counts as memory.",
                standard: "half of `memory` for all that is not on a disk", example: "64M")
        case .shm:
            About(
                "The same for /dev/shm.",
                standard: "half of `memory` for all that is not on a disk", example: "64M")
        case .logRate, .io, .hugePages: About("", example: "")
        }
    }
}

extension Key where Target == LimitsDraft {
    /// One limit that is written as one word.
    fileprivate static func limit(_ name: LimitName, _ about: About) -> Key {
        let value = Value<LimitValue>(name.valueKind) { (text) throws(InvalidValue) in
            try LimitValue(parsing: text, of: name, for: "")
        }
        return Key(
            description: about.description(name.text, value.kind), takesNothing: false,
            read: { node, target, reading in
                if let read = value.read(node, &reading) { target.limits[name] = read }
            }, inherit: { _, near in near })
    }

    fileprivate static func ioLimits(
        _ name: String, to place: Place<LimitsDraft, [IOLimit]>
    ) -> Key {
        Key(
            description: About(
                "`io.max` of the device that holds a path: `PATH:rbps=SIZE,wbps=SIZE,riops=N,"
                    + "wiops=N`.", example: "[\"/srv:wbps=50M\"]"
            ).description(name, "list of limits"), takesNothing: true,
            read: { node, target, reading in
                guard let read = ioLimit.readList(node, &reading) else { return }
                var limits: [IOLimit] = []
                for item in read {
                    if limits.contains(where: { $0.path == item.value.path }) {
                        reading.refuse(
                            item.position, "names \(quoted(item.value.path)) twice",
                            hint: "give all its limits at once")
                    }
                    limits.append(item.value)
                }
                target[keyPath: place] = limits
            }, inherit: { _, near in near })
    }

    fileprivate static func hugePages(
        _ name: String, to place: Place<LimitsDraft, [HugePageLimit]>
    ) -> Key {
        Key(
            description: About(
                "`hugetlb.SIZE.max`: memory in huge pages of each size.", example: "{2M: 64M}"
            ).description(name, "mapping of size to size"), takesNothing: true,
            read: { node, target, reading in
                guard let entries = named(node, most: pageSizesMax, &reading) else { return }
                var limits = Limits()
                for entry in entries {
                    reading.within(entry.key) { reading in
                        guard let limit = readHugePages(entry, &reading) else { return }
                        limits[.hugePages(limit.size)] = .bytes(limit.max)
                    }
                }
                target[keyPath: place] = limits.hugePages
            }, inherit: { inheritNames($0, $1) { _, near in near } })
    }
}

private func readHugePages(
    _ entry: Node.Entry, _ reading: inout Reading
) -> HugePageLimit? {
    do throws(InvalidValue) {
        let size = try HugePageSize(parsing: entry.key, for: "")
        guard let max = Value<Bytes>.size(atLeast: Bytes(0)).read(entry.value, &reading) else {
            return nil
        }
        return HugePageLimit(size: size, max: max)
    } catch {
        reading.refuse(entry.keyPosition, error)
        return nil
    }
}

extension LimitName {
    /// What kind of value it has, in a word or two.
    fileprivate var valueKind: String {
        let kind =
            switch unit {
            case .bytes: "size"
            case .millicores: "processors"
            case .count, .perSecond: "number"
            case .microseconds: "time"
            case .list: "list of processors"
            }
        return canBeUnlimited ? "\(kind) or max" : kind
    }
}

/// More than any processor knows.
private let pageSizesMax = 16

private let ioLimit = Value<IOLimit>("limit") { (text) throws(InvalidValue) in
    if let first = text.utf8.first, first != UInt8(ascii: "/") {
        throw InvalidValue(
            "", text, "does not begin with an absolute path",
            hint: "write PATH:rbps=SIZE,wbps=SIZE,riops=N,wiops=N")
    }
    return try IOLimit(parsing: text, base: nil, for: "")
}
