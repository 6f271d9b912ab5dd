extension Bytes {
    /// The most that may be written. From 2^63 on, neither a file's length (off_t) nor a cgroup's
    /// memory (the kernel would silently take it for `max`) can be said.
    public static let most = Bytes(UInt64(Int64.max))

    /// Reads `512M`, `1.5G`, `1GiB` or `1048576`. Units are binary, as in systemd.resource-control(5)
    /// and the cgroup files: K is 1,024. A fraction of a byte at the end is cut off.
    ///
    /// - Parameter subject: what the size is for, in the operator's words: `--memory`.
    public init(parsing text: String, for subject: String) throws(InvalidValue) {
        self = try Plan.parsing(text, for: subject, hint: Self.writingHint) { () throws(Refusal) in
            try Bytes(token: text)
        }
    }

    static let writingHint = "write a size such as 512M, 1.5G or 1048576"

    init(token text: some StringProtocol) throws(Refusal) {
        var bytes = try token(text)
        let numeral = try Numeral(taking: &bytes)
        let shift = try Self.shift(unit: bytes, numeral: numeral)
        let count = numeral.times(1 << shift).count
        if count > UInt128(Self.most.count) { throw Refusal("is 8 EiB or more") }
        self.init(UInt64(count))
    }

    /// The power of two that a unit stands for.
    private static func shift(unit: ArraySlice<UInt8>, numeral: Numeral) throws(Refusal) -> UInt64 {
        let name = String(decoding: unit, as: UTF8.self)
        var letters = unit.map { $0 | 0x20 }  // Lower case, for the letters that matter here.
        if letters.isEmpty || letters == [UInt8(ascii: "b")] {
            if numeral.fractionDigits > 0 { throw Refusal("is a fraction of a byte") }
            return 0
        }
        let first = letters.removeFirst()
        guard let index = [UInt8]("kmgtpe".utf8).firstIndex(of: first) else {
            throw Refusal("unit \(quoted(name)) is unknown")
        }
        switch letters {
        case [], [UInt8]("ib".utf8): return UInt64(index + 1) * 10
        case [UInt8(ascii: "b")]:
            let letter = Character(Unicode.Scalar(first & 0xDF))
            throw Refusal(
                "unit \(quoted(name)) means 1000 to some and 1024 to others",
                hint: "write \(letter) or \(letter)iB, which both count in 1024")
        default: throw Refusal("unit \(quoted(name)) is unknown")
        }
    }
}

extension Bytes: CustomStringConvertible {
    /// `512M`, `511.9M`, `100B`, `0`: in the largest unit that leaves a whole number in front, one
    /// digit after the point, cut off and not rounded, so that what lies below a limit never reads
    /// as the limit.
    public var description: String {
        if count == 0 { return "0" }
        if count < 1_024 { return "\(count)B" }
        var shift: UInt64 = 10
        var unit = 0
        while unit < 5, count >> (shift + 10) > 0 {
            shift += 10
            unit += 1
        }
        let letter = ["K", "M", "G", "T", "P", "E"][unit]
        let whole = count >> shift
        let rest = count & ((1 << shift) - 1)
        // The rest is below 2^60, so ten times it fits.
        let tenth = (rest * 10) >> shift
        if rest == 0 || tenth == 0 { return "\(whole)\(letter)" }
        return "\(whole).\(tenth)\(letter)"
    }
}
