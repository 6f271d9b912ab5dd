extension LimitValue {
    /// Reads the text of a value that was in force once. It may be one that nobody is allowed to ask for:
    /// the kernel takes more, and whoever writes to its files need not ask.
    public init?(kept text: String, of name: LimitName) {
        if text == "max" {
            self = .unlimited
            return
        }
        switch name.unit {
        case .bytes:
            guard let bytes = try? Bytes(token: text) else { return nil }
            self = .bytes(bytes)
        case .count, .perSecond:
            guard let count = UInt64(text) else { return nil }
            self = .count(count)
        case .millicores:
            guard let bytes = try? token(text), let share = Self.thousandths(bytes) else {
                return nil
            }
            self = .processorTime(CPUBandwidth(millicores: share))
        case .microseconds, .list:
            guard let value = try? LimitValue(parsing: text, of: name, for: "limit") else {
                return nil
            }
            self = value
        }
    }

    private static func thousandths(_ text: ArraySlice<UInt8>) -> UInt32? {
        var rest = text
        guard let numeral = try? Numeral(taking: &rest), rest.isEmpty else { return nil }
        let (count, isExact) = numeral.times(1_000)
        return isExact ? UInt32(exactly: count) : nil
    }
}
