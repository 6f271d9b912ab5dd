/// What a limit is, whichever it is. Its text reads back as the same value.
public enum LimitValue: Hashable, Sendable {
    /// `max`: there is no limit.
    case unlimited
    case bytes(Bytes)
    case processorTime(CPUBandwidth)
    case count(UInt64)
    case microseconds(UInt64)
    case processors(CPUSet)
    /// Of one device.
    case rates(IOLimit)

    /// It as a number of its unit; nil where it is a list, or unlimited.
    public var number: UInt64? {
        switch self {
        case .bytes(let bytes): bytes.count
        case .processorTime(let share): UInt64(share.millicores)
        case .count(let count), .microseconds(let count): count
        case .unlimited, .processors, .rates: nil
        }
    }

    /// Reads an absolute value of `name`: `1G`, `1.5`, `max`, `0-3`, `20ms`, `wbps=50M`.
    ///
    /// - Parameter subject: what it is for, in the operator's words: `--memory`.
    public init(
        parsing text: String, of name: LimitName, for subject: String
    ) throws(InvalidValue) {
        if text == "max" {
            if name.canBeUnlimited {
                self = .unlimited
                return
            }
            throw InvalidValue(
                subject, text, "is no value of \(name.text)", hint: name.writingHint)
        }
        self = try Plan.parsing(text, for: subject, hint: name.writingHint) {
            () throws(Refusal) in try LimitValue(written: text, of: name)
        }
    }

    private init(written text: String, of name: LimitName) throws(Refusal) {
        switch name {
        case .memory, .memoryHigh, .memoryLow, .memoryMin:
            self = .bytes(try Self.size(text, atLeast: Limits.memoryLeast))
        case .swap, .hugePages: self = .bytes(try Bytes(token: text))
        case .disk: self = .bytes(try Self.size(text, atLeast: Limits.diskLeast))
        case .tmp, .shm: self = .bytes(try Self.size(text, atLeast: Limits.scratchLeast))
        case .cpu, .cpuMin: self = .processorTime(try CPUBandwidth(token: text))
        case .cpuWeight, .ioWeight, .pids, .inodes, .openFiles, .logRate:
            self = .count(try wholeNumber(text, in: name.counts))
        case .cpuBurst: self = .microseconds(try Self.burst(text))
        case .cpus: self = .processors(try CPUSet(list: text))
        case .io(let path):
            var limit = IOLimit(path: path)
            try limit.read(entries: text[...])
            self = .rates(limit)
        }
    }

    private static func size(_ text: String, atLeast least: Bytes) throws(Refusal) -> Bytes {
        let bytes = try Bytes(token: text)
        if bytes >= least { return bytes }
        let isBare = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        throw Refusal(
            "is too little, at least \(least)",
            hint: isBare && bytes.count > 0 ? "did you mean \(bytes.count)M?" : nil)
    }

    /// `20ms`, `1500us`, `1s`, or 0.
    private static func burst(_ text: String) throws(Refusal) -> UInt64 {
        var bytes = try token(text)
        let numeral = try Numeral(taking: &bytes)
        let unit: UInt64
        switch String(decoding: bytes, as: UTF8.self) {
        case "us": unit = 1
        case "ms": unit = 1_000
        case "s": unit = 1_000_000
        case "" where numeral.whole == 0 && numeral.fraction == 0: unit = 1
        case "": throw Refusal("has no unit", hint: "write \(numeral.whole)ms for milliseconds")
        case let name: throw Refusal("unit \(quoted(name)) is unknown")
        }
        let (count, exact) = numeral.times(unit)
        if !exact { throw Refusal("is finer than a microsecond") }
        if count > UInt128(Limits.cpuBurstMax) {
            throw Refusal("is more than \(Limits.cpuBurstMax / 1_000)ms")
        }
        return UInt64(count)
    }
}

extension LimitName {
    /// What a number of it may be, where it is one that is only counted.
    fileprivate var counts: ClosedRange<UInt64> {
        switch self {
        case .pids: Limits.pids
        case .inodes: Limits.inodesRange
        case .openFiles: Limits.openFilesRange
        case .logRate: Limits.logRates
        default: Limits.cpuWeights
        }
    }

    /// How values of it are written.
    public var writingHint: String {
        switch self {
        case .memory, .memoryHigh, .memoryLow, .memoryMin, .swap, .disk, .tmp, .shm, .hugePages:
            Bytes.writingHint
        case .cpu, .cpuMin: CPUBandwidth.writingHint
        case .cpuWeight, .ioWeight, .pids, .inodes, .openFiles, .logRate:
            "write a whole number from \(counts.lowerBound) to \(counts.upperBound)"
        case .cpuBurst: "write a time such as 20ms"
        case .cpus: "write processors by number such as 0-3,7"
        case .io: "write rbps=SIZE,wbps=SIZE,riops=N,wiops=N with at least one of the four"
        }
    }
}

extension LimitValue: CustomStringConvertible {
    public var text: String {
        switch self {
        case .unlimited: "max"
        case .bytes(let bytes): bytes.exactText
        case .processorTime(let share): "\(share)"
        case .count(let count): "\(count)"
        case .microseconds(let count):
            count % 1_000 == 0 ? (count == 0 ? "0" : "\(count / 1_000)ms") : "\(count)us"
        case .processors(let set): "\(set)"
        case .rates(let limit): limit.ratesText
        }
    }

    public var description: String { text }
}

extension Bytes {
    /// `1536M`, `1000`, `1.4G`: in the largest unit that leaves no rest, or as the fraction that somebody
    /// wrote, so that it reads back as the same.
    public var exactText: String {
        if count == 0 { return "0" }
        let units = ["", "K", "M", "G", "T", "P", "E"]
        let shift = min(count.trailingZeroBitCount / 10, 6)
        let whole = count >> UInt64(shift * 10)
        if whole >= Self.illegible, let text = fraction(units) { return text }
        return "\(whole)" + units[shift]
    }

    /// From here on nobody reads a number.
    private static let illegible: UInt64 = 100_000

    /// In hundredths of the largest unit that it has one of; nil: that would not read back.
    private func fraction(_ units: [String]) -> String? {
        let shift = (63 - count.leadingZeroBitCount) / 10
        let unit = UInt128(1) << UInt128(shift * 10)
        // What is read is cut off, so what was written is not less.
        let hundredths = (UInt128(count) * 100 + unit - 1) / unit
        if hundredths * unit / 100 != UInt128(count) { return nil }
        let (front, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
        let digits = rest % 10 == 0 ? "\(rest / 10)" : rest < 10 ? "0\(rest)" : "\(rest)"
        return "\(front).\(digits)" + units[shift]
    }
}
