/// What was found, as much of it as is kept.
struct FindingList {
    private(set) var kept: [AuditFinding] = []
    private(set) var leftOut = 0

    static let countMax = 10_000

    mutating func add(
        _ kind: AuditFinding.Kind, _ chain: String, _ range: ClosedRange<UInt64>?,
        entry: UInt64, at: Int64, _ text: String
    ) {
        if kept.count >= Self.countMax {
            leftOut += 1
            return
        }
        kept.append(
            AuditFinding(
                kind: kind, chain: chain, range: range, entry: entry, at: at, text: text))
    }

    mutating func leaveOut() { leftOut += 1 }

    /// By chain, number and place.
    mutating func sort() {
        kept.sort {
            if $0.chain != $1.chain { return $0.chain < $1.chain }
            let numbers = ($0.range?.lowerBound ?? UInt64.max, $1.range?.lowerBound ?? UInt64.max)
            if numbers.0 != numbers.1 { return numbers.0 < numbers.1 }
            return $0.entry < $1.entry
        }
    }
}

/// `record 5` or `records 5–9`.
func words(_ range: ClosedRange<UInt64>) -> String {
    range.lowerBound == range.upperBound
        ? "record \(range.lowerBound)"
        : "records \(range.lowerBound)–\(range.upperBound)"
}
