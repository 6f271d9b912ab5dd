/// Processors by number, as a list of cpuset(7): `0-3,7`. Never empty.
public struct CPUSet: Hashable, Sendable {
    /// In order, with at least one number between each two.
    public let ranges: [ClosedRange<UInt16>]

    /// Linux can be built for 8,192 processors and no more (NR_CPUS).
    public static let numberMax: UInt64 = 8_191
    /// In a list as it is written; every second of 512 processors.
    static let rangesMax = 256
    /// As long as a list of so many ranges may be.
    static let bytesMax = 2_560

    /// Reads `0-3,7` in any order, overlapping or not.
    ///
    /// - Parameter subject: what it is for, in the operator's words: `--cpus`.
    public init(parsing text: String, for subject: String) throws(InvalidValue) {
        let hint = "write processors by number such as 0-3,7"
        self = try Plan.parsing(text, for: subject, hint: hint) { () throws(Refusal) in
            try CPUSet(list: text)
        }
    }

    init(list text: String) throws(Refusal) {
        if text.isEmpty { throw Refusal("is empty") }
        if text.utf8.count > Self.bytesMax {
            throw Refusal("is longer than \(Self.bytesMax) bytes")
        }
        var ranges: [ClosedRange<UInt16>] = []
        for part in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        {
            if ranges.count == Self.rangesMax {
                throw Refusal("has more than \(Self.rangesMax) parts")
            }
            let ends = part.split(
                separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
            let first = try Self.number(ends[0])
            let last = ends.count == 2 ? try Self.number(ends[1]) : first
            if last < first { throw Refusal("counts backwards from \(first) to \(last)") }
            ranges.append(first...last)
        }
        self.init(merging: ranges)
    }

    /// Every processor of a machine that has so many.
    public init(first count: UInt16) {
        ranges = [0...max(count, 1) - 1]
    }

    private init(merging given: [ClosedRange<UInt16>]) {
        var merged: [ClosedRange<UInt16>] = []
        for range in given.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
                merged[merged.count - 1] =
                    last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        ranges = merged
    }

    private static func number(_ text: Substring.UTF8View) throws(Refusal) -> UInt16 {
        UInt16(try wholeNumber(Substring(text), in: 0...numberMax))
    }

    public var highest: UInt16 { ranges[ranges.count - 1].upperBound }

    /// How many processors there are in it.
    public var count: Int { ranges.reduce(0) { $0 + $1.count } }

    public func isSubset(of other: CPUSet) -> Bool {
        ranges.allSatisfy { range in
            other.ranges.contains {
                $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound
            }
        }
    }
}

extension CPUSet: CustomStringConvertible {
    /// `0-3,7`, as the kernel writes it.
    public var description: String {
        var text = ""
        for range in ranges {
            if !text.isEmpty { text += "," }
            text += "\(range.lowerBound)"
            if range.count > 1 { text += "-\(range.upperBound)" }
        }
        return text
    }
}
