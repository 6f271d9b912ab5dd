extension Milliseconds {
    /// A thousand days: longer than any run, and far below what timers overflow at.
    public static let most = Milliseconds(1_000 * 86_400_000)

    /// Reads `10s`, `500ms`, `2m`, `1h30m` or `1.5s`: units from large to small, each at most once.
    ///
    /// - Parameter subject: what the time is for, in the operator's words: `--time-limit`.
    public init(parsing text: String, for subject: String) throws(InvalidValue) {
        let hint = "write a time such as 10s, 500ms, 2m or 1h30m"
        self = try Plan.parsing(text, for: subject, hint: hint) { () throws(Refusal) in
            try Milliseconds(token: text)
        }
    }

    private init(token text: String) throws(Refusal) {
        var bytes = try token(text)
        var total: UInt128 = 0
        var smallest = UInt64.max
        repeat {
            let numeral = try Numeral(taking: &bytes)
            let name = Self.takeUnit(&bytes)
            if name.isEmpty {
                // Nobody can mistake a zero.
                if numeral.whole == 0, numeral.fraction == 0, bytes.isEmpty, total == 0 { break }
                throw Refusal("has no unit", hint: "write \(numeral.whole)s for seconds")
            }
            guard let unit = Self.units.first(where: { $0.name.utf8.elementsEqual(name.utf8) })
            else { throw Refusal("unit \(quoted(name)) is unknown") }
            if unit.milliseconds >= smallest { throw Refusal("has its units out of order") }
            smallest = unit.milliseconds
            let (count, exact) = numeral.times(unit.milliseconds)
            if !exact { throw Refusal("is finer than a millisecond") }
            total += count
        } while !bytes.isEmpty
        if total > UInt128(Self.most.count) { throw Refusal("is more than \(Self.most)") }
        self.init(UInt64(total))
    }

    private static let units: [(name: String, milliseconds: UInt64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// What stands before the next digit.
    private static func takeUnit(_ bytes: inout ArraySlice<UInt8>) -> String {
        let end =
            bytes.firstIndex { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            ?? bytes.endIndex
        defer { bytes = bytes[end...] }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }
}

extension Milliseconds: CustomStringConvertible {
    /// `10s`, `1h30m`, `1.5s`, `500ms`, `0s`; reads back as the same time.
    public var description: String {
        if count == 0 { return "0s" }
        if count < 1_000 { return "\(count)ms" }
        var rest = count
        var text = ""
        for (name, unit) in Self.units.prefix(3) where rest >= unit {
            text += "\(rest / unit)\(name)"
            rest %= unit
        }
        if rest == 0 { return text }
        text += "\(rest / 1_000)"
        var digits = String(rest % 1_000 + 1_000).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return text + (digits.isEmpty ? "s" : ".\(digits)s")
    }
}
