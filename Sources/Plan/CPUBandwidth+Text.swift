extension CPUBandwidth {
    /// A hundredth of a processor: with the usual period of 100 ms that is 1 ms, the shortest quota
    /// that the kernel takes (`min_cfs_quota_period` in kernel/sched/core.c).
    public static let least = CPUBandwidth(millicores: 10)
    /// 8,192 processors, the most that a Linux kernel can be built for (NR_CPUS).
    public static let most = CPUBandwidth(millicores: 8_192_000)

    /// Reads `1.5` or `150%`: processors, to the thousandth.
    ///
    /// - Parameter subject: what the share is for, in the operator's words: `--cpu`.
    public init(parsing text: String, for subject: String) throws(InvalidValue) {
        self = try Plan.parsing(text, for: subject, hint: Self.writingHint) { () throws(Refusal) in
            try CPUBandwidth(token: text)
        }
    }

    static let writingHint =
        "write a number of processors such as 1.5, or a percentage of one such as 150%"

    init(token text: String) throws(Refusal) {
        var bytes = try token(text)
        let numeral = try Numeral(taking: &bytes)
        let perUnit: UInt64
        switch String(decoding: bytes, as: UTF8.self) {
        case "": perUnit = 1_000
        case "%": perUnit = 10
        case let unit: throw Refusal("unit \(quoted(unit)) is unknown")
        }
        let (count, exact) = numeral.times(perUnit)
        if !exact { throw Refusal("is finer than a thousandth of a processor") }
        if count < UInt128(Self.least.millicores) { throw Refusal("is less than \(Self.least)") }
        if count > UInt128(Self.most.millicores) { throw Refusal("is more than \(Self.most)") }
        self.init(millicores: UInt32(count))
    }
}

extension CPUBandwidth: CustomStringConvertible {
    /// `1`, `1.5`, `0.01`: processors.
    public var description: String {
        let whole = millicores / 1_000
        let rest = millicores % 1_000
        if rest == 0 { return "\(whole)" }
        var digits = String(rest + 1_000).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}
