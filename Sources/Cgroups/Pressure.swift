/// How much the processes of a cgroup had to wait for want of something: Documentation/accounting/psi.rst.
/// Nil: the kernel does not say.
public struct Pressure: Hashable, Sendable {
    public var cpu: Stall?
    public var memory: Stall?
    public var io: Stall?

    /// What there can be a want of.
    public enum Resource: String, Hashable, Sendable, CaseIterable {
        case cpu, memory, io

        /// The name of its control file.
        public var file: String { "\(rawValue).pressure" }
    }

    public subscript(resource: Resource) -> Stall? {
        switch resource {
        case .cpu: cpu
        case .memory: memory
        case .io: io
        }
    }

    /// For one thing.
    public struct Stall: Hashable, Sendable {
        /// While some of them waited.
        public var some: Share
        /// While all of them did; for the processor of a whole machine that means nothing.
        public var full: Share?
    }

    public struct Share: Hashable, Sendable {
        /// Hundredths of a percent of the last ten seconds: 1,234 is 12.34 %.
        public var hundredths: UInt32
        /// Since the cgroup was made, in microseconds.
        public var total: UInt64

        /// Of the last ten seconds.
        public var percent: Double { Double(hundredths) / 100 }

        init() {
            hundredths = 0
            total = 0
        }
    }

    public init() {}

    /// Reads it by `read`, which returns the content of `cpu.pressure` and its like, nil where it is
    /// absent.
    public init(_ read: (String) -> String?) {
        cpu = read("cpu.pressure").map(Stall.init)
        memory = read("memory.pressure").map(Stall.init)
        io = read("io.pressure").map(Stall.init)
    }
}

extension Pressure.Stall {
    /// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, and the same of `full`.
    init(_ text: String) {
        some = Pressure.Share()
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            var share = Pressure.Share()
            for word in words.dropFirst() {
                let pair = word.split(separator: UInt8(ascii: "="))
                guard pair.count == 2 else { continue }
                if pair[0].elementsEqual("avg10".utf8) {
                    // Always with two digits after the point.
                    let digits = pair[1].filter { $0 != UInt8(ascii: ".") }
                    share.hundredths = UInt32(String(decoding: digits, as: UTF8.self)) ?? 0
                } else if pair[0].elementsEqual("total".utf8) {
                    share.total = UInt64(String(decoding: pair[1], as: UTF8.self)) ?? 0
                }
            }
            if words.first?.elementsEqual("full".utf8) == true {
                full = share
            } else {
                some = share
            }
        }
    }
}
