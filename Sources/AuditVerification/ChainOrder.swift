internal import Plan

/// Whether the records of a chain stand in the order of their numbers.
struct ChainOrder {
    /// In the order of the journal.
    let facts: [RecordFact]
    /// Those that were sent once, and of them those that stand as they were sent.
    private let plain: [Int]
    private let stays: [Bool]

    init(facts: [RecordFact]) {
        self.facts = facts
        plain = facts.indices.filter { facts[$0].marks & RecordFact.republished == 0 }
        var stays = [Bool](repeating: false, count: facts.count)
        for index in Self.longestAscending(plain, facts) { stays[index] = true }
        self.stays = stays
    }

    /// The fewest records that would have to be elsewhere, as ranges of numbers that stand together,
    /// each with the first of its entries.
    func moved() -> [(range: ClosedRange<UInt64>, fact: RecordFact)] {
        var runs: [(range: ClosedRange<UInt64>, fact: RecordFact)] = []
        var before: Int?
        for index in plain where !stays[index] {
            let fact = facts[index]
            if let last = runs.last, before == index - 1,
                last.range.upperBound + 1 == fact.sequence
            {
                runs[runs.count - 1].range = last.range.lowerBound...fact.sequence
            } else {
                runs.append((fact.sequence...fact.sequence, fact))
            }
            before = index
        }
        return runs
    }

    /// Records that were sent once more, later than their successors, and no record tells why.
    func unexcused(_ excuses: ChainExcuses) -> [RecordFact] {
        var highest: UInt64 = 0
        var found: [RecordFact] = []
        for fact in facts {
            defer { highest = max(highest, fact.sequence) }
            if fact.marks & RecordFact.republished == 0 || fact.sequence > highest { continue }
            if excuses.excuse(fact) { continue }
            found.append(fact)
        }
        return found
    }

    /// Records that say that they were sent once more, before what was sent before them: whoever puts such a
    /// mark on a record, which is not hashed, could put it anywhere.
    func early() -> [RecordFact] {
        var lowest = [UInt64](repeating: .max, count: facts.count + 1)
        for index in facts.indices.reversed() {
            lowest[index] = min(lowest[index + 1], stays[index] ? facts[index].sequence : .max)
        }
        var highest: UInt64 = 0
        var found: [RecordFact] = []
        for (index, fact) in facts.enumerated() {
            // Those that stand later than others are judged by what excuses them.
            if fact.marks & RecordFact.republished != 0, fact.sequence > highest,
                fact.sequence > lowest[index]
            {
                found.append(fact)
            }
            highest = max(highest, fact.sequence)
        }
        return found
    }

    /// A longest subsequence that does not descend: patience sorting.
    private static func longestAscending(_ plain: [Int], _ facts: [RecordFact]) -> [Int] {
        var tails: [Int] = []
        var before = [Int32](repeating: -1, count: facts.count)
        for index in plain {
            let sequence = facts[index].sequence
            // Nearly all come after all that are there.
            let isLast = tails.last.map { facts[$0].sequence <= sequence } ?? true
            let low =
                isLast ? tails.count : tails.lowerBound { facts[$0].sequence <= sequence }
            if low > 0 { before[index] = Int32(tails[low - 1]) }
            if low == tails.count { tails.append(index) } else { tails[low] = index }
        }
        var result: [Int] = []
        var index = tails.last.map { Int32($0) } ?? -1
        while index >= 0 {
            result.append(Int(index))
            index = before[Int(index)]
        }
        return result
    }
}
