internal import Plan

/// Goes through the records of a chain from the last to the first, as each names the hash of the one
/// before it: so what is signed vouches for all that is below it.
struct ChainWalk {
    struct Result {
        /// How many numbers are here, from `begins` on.
        var records: UInt64 = 0
        var isWhole = true
        var signedTo: UInt64?
        /// Which of the unsound records were told of.
        var explained: Set<Int> = []
        /// The records that excuse others, by their entries.
        var reached: [UInt32: (reach: ChainExcuses.Reach, sequence: UInt64)] = [:]
        /// How often heads are signed, as the last record says that is signed for and says it.
        var cadence: ChainState.Cadence?
        /// The record that begins the chain: its entry.
        var opening: (entry: UInt32, reach: ChainExcuses.Reach)?
        /// Where the chain begins here; below are only records that were sent once more.
        var begins: UInt64 = 1
        var copies: [Copy] = []
        var holes: [Hole] = []
    }

    /// The same record once more.
    struct Copy {
        var fact: RecordFact
        var chosen: RecordFact
    }

    /// Numbers that no sound record has.
    struct Hole {
        var range: ClosedRange<UInt64>
        /// What is named as the hash of the last of them.
        var hash: RecordHash?
        var above: RecordFact
    }

    let state: ChainState
    let facts: [RecordFact]
    let unsound: UnsoundRecords
    /// The unsound ones that name this chain, by their numbers.
    let numbered: [UnsoundRecords.Numbered]
    private let isKeyless: Bool

    /// - Parameters:
    ///   - index: the chain's, as unsound records have it.
    ///   - isKeyless: nothing can be signed.
    init(_ state: ChainState, index: Int, unsound: UnsoundRecords, isKeyless: Bool) {
        self.state = state
        self.unsound = unsound
        self.isKeyless = isKeyless
        facts = state.facts
        numbered = unsound.numbered[index] ?? []
    }

    /// How far what names a hash is to be believed.
    private enum Standing {
        /// A signature does, or a record that is itself named.
        case firm
        /// A record that nothing names: the last one, or one below a hole.
        case alone
        /// A record that is not what it should be.
        case bad
    }

    /// What the record above says of the one that comes next.
    private enum Expectation {
        case nothing
        case hash(RecordHash, Standing, ChainExcuses.Reach)
    }

    /// The first record from `begins` on.
    func first(of result: Result) -> RecordFact {
        facts[facts.lowerBound { $0.sequence < result.begins }]
    }

    /// - Returns: also what excuses records that were sent once more.
    func judge(
        _ findings: inout FindingList, _ notes: inout [String]
    ) -> (Result, ChainExcuses) {
        var result = Result()
        let last = facts[facts.count - 1].sequence
        var expected = Expectation.nothing
        var above: RecordFact?
        if let signed = state.certificates.keys.max(), signed > last {
            hole(
                (last + 1)...signed, expecting: state.certificates[signed], .cutOff,
                "not here, though something signed names record \(signed)", facts[facts.count - 1],
                &result, &findings)
        }
        var end = facts.count
        while end > 0 {
            let sequence = facts[end - 1].sequence
            var start = end - 1
            while start > 0, facts[start - 1].sequence == sequence { start -= 1 }
            if let above, above.sequence - 1 != sequence {
                var hash: RecordHash?
                if case .hash(let named, _, _) = expected { hash = named }
                checkBelow(above, &result, &findings)
                result.holes.append(
                    Hole(
                        range: (sequence + 1)...(above.sequence - 1), hash: hash, above: above))
                expected = .nothing
            }
            expected = step(start..<end, expected, above, &result, &findings)
            above = chosen(start..<end, expected)
            if let above { reach(above, expected, &result) }
            result.records += 1
            end = start
        }
        let signedTo = isKeyless ? 0 : result.signedTo ?? 0
        let excuses = ChainExcuses(state, result.reached, signedTo: signedTo)
        judgeHoles(excuses, &result, &findings)
        judgeCopies(excuses, result.copies, &findings)
        judgeBeginning(&result, &findings, &notes)
        return (result, excuses)
    }

    /// Takes note of how far what a record says of others is to be believed.
    private func reach(_ fact: RecordFact, _ next: Expectation, _ result: inout Result) {
        guard case .hash(_, _, let reach) = next, reach != .none else { return }
        if fact.marks & RecordFact.excuse != 0 {
            result.reached[fact.entry] = (reach, fact.sequence)
        }
        if fact.sequence == 1, fact.marks & RecordFact.opening != 0 {
            result.opening = (fact.entry, reach)
        }
        if result.cadence == nil, reach == .signed, fact.marks & RecordFact.cadence != 0 {
            result.cadence = cadence(in: fact.entry)
        }
    }

    /// They are in the order of their entries.
    private func cadence(in entry: UInt32) -> ChainState.Cadence? {
        let low = state.cadences.lowerBound { $0.entry < entry }
        guard low < state.cadences.count, state.cadences[low].entry == entry else { return nil }
        return state.cadences[low]
    }

    /// Whether a record follows the one before it that is not here, as that was signed.
    func checkBelow(
        _ fact: RecordFact, _ result: inout Result, _ findings: inout FindingList
    ) {
        guard let signed = state.certificates[fact.sequence - 1], signed != fact.previous else {
            return
        }
        tell(
            .inserted, fact, &result, &findings,
            "it does not follow record \(fact.sequence - 1) as that was signed: nothing leads to it"
        )
    }

    /// Judges the records of one number; what it is followed by downward.
    private func step(
        _ group: Range<Int>, _ given: Expectation, _ above: RecordFact?, _ result: inout Result,
        _ findings: inout FindingList
    ) -> Expectation {
        let sequence = facts[group.lowerBound].sequence
        var expected = given
        let signed = state.certificates[sequence]
        if let signed {
            if case .hash = given, let above { checkBelow(above, &result, &findings) }
            expected = .hash(signed, .firm, .signed)
        }
        var place = linked(group)
        var standing = Standing.alone
        var reach = isKeyless || above == nil ? ChainExcuses.Reach.linked : .none
        if case .hash(let hash, let named, let reached) = expected {
            if let match = group.first(where: { facts[$0].hash == hash }) {
                place = match
                // What only something bad names is not better for it.
                standing = named == .bad ? .alone : .firm
                reach = max(reach, reached)
                if signed != nil { result.signedTo = max(result.signedTo ?? 0, sequence) }
            } else {
                reach = .none
                switch named {
                case .firm:
                    standing = .bad
                    let by = above.map { "record \($0.sequence)" } ?? "a signature"
                    tell(
                        .altered, facts[place], &result, &findings,
                        "its hash is not the one that \(by) names: it was changed and hashed again, "
                            + "or put in the place of another")
                case .alone:
                    if let above {
                        tell(
                            .inserted, above, &result, &findings,
                            "it does not follow record \(sequence): nothing leads to it")
                    }
                case .bad: break
                }
            }
        }
        let chosen = facts[place]
        copies(group, chosen, &result, &findings)
        return .hash(chosen.previous, standing, reach)
    }

    /// All of a number beside the true one.
    private func copies(
        _ group: Range<Int>, _ chosen: RecordFact, _ result: inout Result,
        _ findings: inout FindingList
    ) {
        if group.count == 1 { return }
        for index in group {
            let fact = facts[index]
            if fact.entry == chosen.entry { continue }
            if fact.hash != chosen.hash {
                tell(
                    .forked, fact, &result, &findings,
                    "another record has this number too (entry \(chosen.entry)), and the chain goes on "
                        + "from that one")
                continue
            }
            result.copies.append(Copy(fact: fact, chosen: chosen))
        }
    }

    /// The same record more than once: that one of two was lost was told, and then it was not.
    private func judgeCopies(
        _ excuses: ChainExcuses, _ copies: [Copy], _ findings: inout FindingList
    ) {
        var past: UInt64 = 0
        for copy in copies {
            let (fact, chosen) = (copy.fact, copy.chosen)
            let isAgain = (fact.marks ^ chosen.marks) & RecordFact.republished != 0
            let late = fact.marks & RecordFact.republished != 0 ? fact : chosen
            if isAgain && past != fact.sequence && excuses.excuse(late) {
                past = fact.sequence
                continue
            }
            findings.add(
                .twice, state.id, fact.sequence...fact.sequence, entry: UInt64(fact.entry),
                at: fact.at, "it is also entry \(chosen.entry): the same record stands here twice")
        }
    }

    /// The one whose predecessor is there, else the first.
    private func linked(_ group: Range<Int>) -> Int {
        if group.count == 1 || group.lowerBound == 0 { return group.lowerBound }
        var start = group.lowerBound
        let below = facts[start - 1].sequence
        while start > 0, facts[start - 1].sequence == below { start -= 1 }
        let hashes = Set(facts[start..<group.lowerBound].map(\.hash))
        return group.first { hashes.contains(facts[$0].previous) } ?? group.lowerBound
    }

    private func chosen(_ group: Range<Int>, _ next: Expectation) -> RecordFact {
        guard case .hash(let previous, _, _) = next else { return facts[group.lowerBound] }
        return facts[group.first { facts[$0].previous == previous } ?? group.lowerBound]
    }

    func tell(
        _ kind: AuditFinding.Kind, _ fact: RecordFact, _ result: inout Result,
        _ findings: inout FindingList, _ text: String
    ) {
        result.isWhole = false
        findings.add(
            kind, state.id, fact.sequence...fact.sequence, entry: UInt64(fact.entry), at: fact.at,
            text)
    }
}
