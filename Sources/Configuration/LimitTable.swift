internal import Plan

/// What is read of `limits`.
struct LimitsDraft {
    var limits: Limits
    var allowUnlimited = false
    var memoryMin: Bytes?
    var cpuMin: CPUBandwidth?
    var disk: Bytes?
    var inodes: UInt64?
}

enum LimitTable {
    /// Of one workload, below its project's.
    static let workload = Table<LimitsDraft>("limits of a service or task", keys(standards: false))

    static let project = Table<LimitsDraft>(
        "limits",
        keys(standards: true) + [
            .scalar(
                "allow_unlimited", .flag,
                About(
                    "Whether a limit that this machine cannot enforce is reported instead of "
                        + "refused.", standard: "false", example: "true"), to: \.allowUnlimited),
            .scalar(
                "memory_min", .size(atLeast: Limits.memoryLeast),
                About(
                    "Memory that is guaranteed. The guarantees of all projects together may not be "
                        + "above the machine.", example: "256M"
                ).later, to: \.memoryMin),
            .scalar(
                "cpu_min", .processors,
                About(
                    "Processors that are guaranteed, with the same rule.", example: "0.5"
                ).later, to: \.cpuMin),
            .scalar(
                "disk", .size(atLeast: .mebibytes(1)),
                About("What the project's files may take up.", example: "10G").later, to: \.disk),
            .scalar(
                "inodes", .whole(1...UInt64(UInt32.max)),
                About("How many files the project may have.", example: "100000").later,
                to: \.inodes),
        ])

    private static func keys(standards: Bool) -> [Key<LimitsDraft>] {
        func standard(_ text: String) -> String { standards ? text : "the project's" }
        return [
            .scalar(
                "memory", .limit(.size(atLeast: Limits.memoryLeast)),
                About(
                    "`memory.max`: above it the kernel reclaims, then kills.",
                    standard: standard("512M"), example: "1G"), to: \.limits.memoryMax),
            .scalar(
                "memory_high", .limit(.size(atLeast: Limits.memoryLeast)),
                About(
                    "`memory.high`: above it the kernel slows down and reclaims. Not above "
                        + "`memory`.", example: "768M"), to: \.limits.memoryHigh),
            .scalar(
                "swap", .limit(.size(atLeast: Bytes(0))),
                About(
                    "`memory.swap.max`.", standard: standard("0"), example: "256M"),
                to: \.limits.swapMax),
            .scalar(
                "cpu", .limit(.processors),
                About(
                    "`cpu.max`: processors, `1.5` or `150%`.", standard: standard("1"),
                    example: "1.5"), to: \.limits.cpuMax),
            .scalar(
                "cpu_weight", .whole(Limits.cpuWeights),
                About(
                    "`cpu.weight`, 1 to 10000: the share when there are not enough processors.",
                    standard: "the kernel's 100", example: "200"), to: \.limits.cpuWeight),
            .scalar(
                "pids", .limit(.whole(Limits.pids)),
                About(
                    "`pids.max`: processes and threads.", standard: standard("256"),
                    example: "512"), to: \.limits.pidsMax),
            .ioLimits("io", to: \.limits.io),
        ]
    }
}

extension Key where Target == LimitsDraft {
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
}

private let ioLimit = Value<IOLimit>("limit") { (text) throws(InvalidValue) in
    if let first = text.utf8.first, first != UInt8(ascii: "/") {
        throw InvalidValue(
            "", text, "does not begin with an absolute path",
            hint: "write PATH:rbps=SIZE,wbps=SIZE,riops=N,wiops=N")
    }
    return try IOLimit(parsing: text, base: nil, for: "")
}
