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
    /// `pids.current` and `pids.max`: processes and threads.
    public var processes: UInt64?
    public var processesMax: UInt64?
    /// `io.stat`, all devices together, since it was made.
    public var readBytes: UInt64 = 0
    public var writtenBytes: UInt64 = 0
    /// Of what the kernel says it: proc_pressure(5), cgroup-v2.rst `*.pressure`.
    public var pressure: [Stall] = []

    public init() {}

    /// How much of the last ten seconds was lost for want of a resource, in hundredths of a percent.
    public struct Stall: Hashable, Sendable {
        public enum Resource: String, Hashable, Sendable, CaseIterable { case cpu, memory, io }

        public var resource: Resource
        /// At least one process waited.
        public var some: UInt32
        /// Nobody did anything else; nil where that is not said.
        public var full: UInt32?

        public init(_ resource: Resource, some: UInt32, full: UInt32?) {
            self.resource = resource
            self.some = some
            self.full = full
        }

        /// Reads what a pressure file says; nil where it says nothing.
        ///
        /// - Parameter text: lines such as `some avg10=1.25 avg60=0.10 avg300=0.00 total=12345`.
        public init?(_ resource: Resource, parsing text: String) {
            var some: UInt32?
            var full: UInt32?
            for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
                let words = line.split(separator: UInt8(ascii: " "))
                guard words.count > 1, words[1].starts(with: "avg10=".utf8) else { continue }
                let value = hundredths(words[1].dropFirst(6))
                if words[0].elementsEqual("some".utf8) { some = value }
                if words[0].elementsEqual("full".utf8) { full = value }
            }
            guard let some else { return nil }
            self.init(resource, some: some, full: full)
        }
    }

    /// Reads it by `read`, which returns the content of a control file, nil where it is absent.
    init(_ read: (String) -> String?) {
        if let text = read("cpu.stat") { cpuTime = number(after: "usage_usec ", in: text) ?? 0 }
        if let text = read("cpu.max") { cpuMax = Self.bandwidth(text) }
        memory = read("memory.current").flatMap { number($0.utf8) }.map { Bytes($0) }
        memoryMax = read("memory.max").flatMap { number($0.utf8) }.map { Bytes($0) }
        processes = read("pids.current").flatMap { number($0.utf8) }
        processesMax = read("pids.max").flatMap { number($0.utf8) }
        if let text = read("io.stat") {
            readBytes = sum(of: "rbytes=", in: text)
            writtenBytes = sum(of: "wbytes=", in: text)
        }
        for resource in Stall.Resource.allCases {
            guard let text = read("\(resource.rawValue).pressure") else { continue }
            if let stall = Stall(resource, parsing: text) { pressure.append(stall) }
        }
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

/// `12.34` as 1,234.
private func hundredths(_ text: some Sequence<UInt8>) -> UInt32 {
    var value: UInt32 = 0
    var digits: Int?
    for byte in text {
        if byte == UInt8(ascii: "."), digits == nil {
            digits = 0
            continue
        }
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
        if digits == 2 { break }
        value = value &* 10 &+ UInt32(byte & 15)
        digits = digits.map { $0 + 1 }
    }
    for _ in (digits ?? 0)..<2 { value = value &* 10 }
    return value
}
