public import Plan

/// What one cgroup uses at this moment and what it may, for somebody who looks again and again: a dozen
/// small files. Nil: not limited, or the kernel does not say.
public struct CgroupSample: Hashable, Sendable {
    /// `cpu.stat`, in microseconds since it was made.
    public var cpuTime: UInt64 = 0
    /// `cpu.max`.
    public var cpuMax: CPUBandwidth?
    /// `memory.current` and `memory.max`.
    public var memory: Bytes?
    public var memoryMax: Bytes?
    /// `memory.peak`: the most since it was made.
    public var memoryPeak: Bytes?
    /// `memory.events`: processes killed for want of memory, since it was made.
    public var kills: UInt64 = 0
    /// `pids.current` and `pids.max`: processes and threads.
    public var processes: UInt64?
    public var processesMax: UInt64?
    /// `io.stat`, all devices together, since it was made.
    public var readBytes: UInt64 = 0
    public var writtenBytes: UInt64 = 0
    public var pressure = Pressure()

    public init() {}

    /// Reads it by `read`, which returns the content of a control file, nil where it is absent.
    init(_ read: (String) -> String?) {
        if let text = read("cpu.stat") { cpuTime = number(after: "usage_usec ", in: text) ?? 0 }
        if let text = read("cpu.max") { cpuMax = Self.bandwidth(text) }
        memory = read("memory.current").flatMap { number($0.utf8) }.map { Bytes($0) }
        memoryMax = read("memory.max").flatMap { number($0.utf8) }.map { Bytes($0) }
        memoryPeak = read("memory.peak").flatMap { number($0.utf8) }.map { Bytes($0) }
        if let text = read("memory.events") { kills = number(after: "oom_kill ", in: text) ?? 0 }
        processes = read("pids.current").flatMap { number($0.utf8) }
        processesMax = read("pids.max").flatMap { number($0.utf8) }
        if let text = read("io.stat") {
            readBytes = sum(of: "rbytes=", in: text)
            writtenBytes = sum(of: "wbytes=", in: text)
        }
        pressure = Pressure(read)
    }

    /// `150000 100000`, quota and period in microseconds; `max 100000` is no limit.
    private static func bandwidth(_ text: String) -> CPUBandwidth? {
        let words = text.utf8.split(separator: UInt8(ascii: " "))
        guard words.count == 2, let quota = number(words[0]), let period = number(words[1]),
            period > 0
        else { return nil }
        return CPUBandwidth(
            millicores: UInt32(
                clamping: quota.multipliedReportingOverflow(by: 1_000)
                    .partialValue / period))
    }
}

extension ProjectCgroup {
    /// What the project uses, or one of its leaves.
    public func sample(of leaf: CgroupLeaf? = nil) -> CgroupSample {
        guard let leaf else { return CgroupSample { limited?.read($0) } }
        return CgroupSample { top?.read("\(leaf.path)/\($0)") }
    }
}

/// The digits that `text` begins with; nil where there are none, as in `max`.
private func number(_ text: some Sequence<UInt8>) -> UInt64? {
    var value: UInt64?
    for byte in text {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
        value = (value ?? 0) &* 10 &+ UInt64(byte & 15)
    }
    return value
}

/// The number behind `key` at the beginning of a line.
private func number(after key: StaticString, in text: String) -> UInt64? {
    for line in text.utf8.split(separator: UInt8(ascii: "\n"))
    where line.starts(with: "\(key)".utf8) {
        return number(line.dropFirst(key.utf8CodeUnitCount))
    }
    return nil
}

/// The sum of the numbers behind `key` at the beginning of words.
private func sum(of key: StaticString, in text: String) -> UInt64 {
    var sum: UInt64 = 0
    for word in text.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A })
    where word.starts(with: "\(key)".utf8) {
        sum &+= number(word.dropFirst(key.utf8CodeUnitCount)) ?? 0
    }
    return sum
}
