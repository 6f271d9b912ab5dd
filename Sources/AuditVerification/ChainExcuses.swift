internal import Plan

/// Why records may stand later than their successors: an `audit.gap` has their numbers, and the walk came to it.
/// That the supervisor had started says nothing: what it then sends of before, it sends before it says so.
///
/// What is signed excuses all that it names, of numbers below its own. What is not signed yet, but leads to
/// what is, excuses only what is not signed either: whoever has no key can add to the end, and no more.
struct ChainExcuses {
    /// How far something is to be believed, from the walk.
    enum Reach: UInt8, Comparable {
        case none
        /// It stands in its place; nothing signed leads to it.
        case linked
        case signed

        static func < (one: Reach, other: Reach) -> Bool { one.rawValue < other.rawValue }
    }

    private let firm: GapTable
    private let loose: GapTable
    /// What is above may be excused by what is not signed.
    private let signedTo: UInt64

    /// - Parameters:
    ///   - reached: the gaps that the walk came to, by their entries.
    ///   - signedTo: the last number that something signed vouches for.
    init(
        _ state: ChainState, _ reached: [UInt32: (reach: Reach, sequence: UInt64)],
        signedTo: UInt64
    ) {
        var firm: [ClosedRange<UInt64>] = []
        var loose: [ClosedRange<UInt64>] = []
        for gap in state.gaps {
            guard let by = reached[gap.entry], gap.range.lowerBound < by.sequence else { continue }
            let range = gap.range.lowerBound...min(gap.range.upperBound, by.sequence - 1)
            if by.reach == .signed { firm.append(range) } else { loose.append(range) }
        }
        self.firm = GapTable(firm)
        self.loose = GapTable(loose)
        self.signedTo = signedTo
    }

    /// Whether a record that was sent once more may stand where it does.
    func excuse(_ fact: RecordFact) -> Bool {
        firm.contains(fact.sequence)
            || (fact.sequence > signedTo && loose.contains(fact.sequence))
    }

    /// Whether some record says that one of these was sent once more.
    func names(_ range: ClosedRange<UInt64>) -> Bool {
        firm.overlaps(range) || loose.overlaps(range)
    }

    /// Whether it would be excused, were what says so signed.
    func awaitsSignature(_ fact: RecordFact) -> Bool { loose.contains(fact.sequence) }
}

/// Ranges of numbers, to be asked often.
struct GapTable {
    private var ranges: [ClosedRange<UInt64>] = []

    init(_ gaps: [ClosedRange<UInt64>]) {
        for gap in gaps.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = ranges.last, gap.lowerBound <= last.upperBound {
                ranges[ranges.count - 1] =
                    last.lowerBound...max(last.upperBound, gap.upperBound)
            } else {
                ranges.append(gap)
            }
        }
    }

    func contains(_ number: UInt64) -> Bool { overlaps(number...number) }

    func overlaps(_ range: ClosedRange<UInt64>) -> Bool {
        let low = ranges.lowerBound { $0.upperBound < range.lowerBound }
        return low < ranges.count && ranges[low].lowerBound <= range.upperBound
    }
}
