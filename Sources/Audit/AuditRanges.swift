/// Numbers of records as `BULKHEAD_RANGE` has them: `5-9, 12`.
public enum AuditRanges {
    /// Of one record: well below what a value may have, as the line for a person names them too.
    public static let textBytesMax = 3_500

    /// `5-9`, or `5`.
    public static func text(_ range: ClosedRange<UInt64>) -> String {
        range.lowerBound == range.upperBound
            ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }

    /// As many texts as it takes, each with how many numbers it names.
    ///
    /// - Parameter numbers: ascending, each once.
    public static func texts(
        of numbers: [UInt64], bytesMax: Int = textBytesMax
    ) -> [(text: String, count: Int)] {
        var parts: [ClosedRange<UInt64>] = []
        for number in numbers {
            if let last = parts.last, last.upperBound + 1 == number {
                parts[parts.count - 1] = last.lowerBound...number
            } else {
                parts.append(number...number)
            }
        }
        var texts: [(text: String, count: Int)] = []
        for part in parts {
            let count = part.count
            let word = text(part)
            if let last = texts.last, last.text.utf8.count + 2 + word.utf8.count <= bytesMax {
                texts[texts.count - 1] = ("\(last.text), \(word)", last.count + count)
            } else {
                texts.append((word, count))
            }
        }
        return texts
    }

    /// What a text names; nil where it is none. No value of a record has more bytes than
    /// `AuditEntry.valueBytesMax`, and so none that is longer is one.
    public static func parse(_ text: ArraySlice<UInt8>) -> [ClosedRange<UInt64>]? {
        if text.count > AuditEntry.valueBytesMax { return nil }
        var ranges: [ClosedRange<UInt64>] = []
        var rest = text
        while true {
            guard let first = number(&rest) else { return nil }
            var last = first
            if rest.first == UInt8(ascii: "-") {
                rest.removeFirst()
                guard let number = number(&rest), number >= first else { return nil }
                last = number
            }
            ranges.append(first...last)
            if rest.isEmpty { return ranges }
            guard rest.starts(with: [UInt8(ascii: ","), UInt8(ascii: " ")]) else { return nil }
            rest = rest.dropFirst(2)
        }
    }

    /// At most 18 digits: no number of a record has more.
    private static func number(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        let digits = rest.prefix { UInt8(ascii: "0") <= $0 && $0 <= UInt8(ascii: "9") }
        if digits.isEmpty || digits.count > 18 { return nil }
        rest = rest[digits.endIndex...]
        return digits.reduce(0) { $0 * 10 + UInt64($1 - UInt8(ascii: "0")) }
    }
}
