/// Goes through the records of a chain from the last to the first, as each names the hash of the one
/// before it: so what is signed vouches for all that is below it.
struct ChainWalk {
    struct Result {
        var records: UInt64 = 0
        var isWhole = true
        var signedTo: UInt64?
        /// Which of the unsound records were told of.
        var explained: [Int] = []
    }

    private let state: ChainState
    private let facts: [RecordFact]
    /// Of the unsound records: by the number they have, where they name this chain, and by the hash that
    /// they have or claim.
    private var byNumber: [UInt64: [Int]] = [:]
    private var byHash: [RecordHash: [Int]] = [:]
    private let unsound: [UnsoundRecord]
    private let gaps: GapTable

    init(_ state: ChainState, index: Int, unsound: [UnsoundRecord]) {
        self.state = state
        self.unsound = unsound
        facts = state.facts
        gaps = GapTable(state.gaps)
        for (place, record) in unsound.enumerated() {
            if record.chain == index, let sequence = record.sequence {
                byNumber[sequence, default: []].append(place)
            }
            if let claimed = record.claimed { byHash[claimed, default: []].append(place) }
            if record.claimed != record.computed {
                byHash[record.computed, default: []].append(place)
            }
        }
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
        case hash(RecordHash, Standing)
    }

    func judge(_ findings: inout FindingList, _ notes: inout [String]) -> Result {
        var result = Result()
        let last = facts[facts.count - 1].sequence
        var expected = Expectation.nothing
        var above: RecordFact?
        if let signed = state.certificates.keys.max(), signed > last {
            hole(
                (last + 1)...signed, expecting: state.certificates[signed], .cutOff,
                "not here, though something signed names record \(signed)", facts[facts.count - 1],
                &result,
                &findings)
        }
        var end = facts.count
        while end > 0 {
            let sequence = facts[end - 1].sequence
            var start = end - 1
            while start > 0, facts[start - 1].sequence == sequence { start -= 1 }
            if let above, above.sequence - 1 != sequence {
                var hash: RecordHash?
                if case .hash(let named, _) = expected { hash = named }
                hole(
                    (sequence + 1)...(above.sequence - 1), expecting: hash, .missing,
                    "not here, though the chain goes on after", above, &result,
                    &findings)
                expected = .nothing
            }
            expected = step(start..<end, expected, above, &result, &findings)
            above = chosen(start..<end, expected)
            result.records += 1
            end = start
        }
        judgeBeginning(&result, &findings, &notes)
        return result
    }

    /// Judges the records of one number; what it is followed by downward.
    private func step(
        _ group: Range<Int>, _ given: Expectation, _ above: RecordFact?, _ result: inout Result,
        _ findings: inout FindingList
    ) -> Expectation {
        let sequence = facts[group.lowerBound].sequence
        var expected = given
        if let signed = state.certificates[sequence] {
            if case .hash(let named, _) = given, named != signed, let above {
                tell(
                    .inserted, above, &result, &findings,
                    "it does not follow record \(sequence) as that was signed: nothing leads to it")
            }
            expected = .hash(signed, .firm)
            result.signedTo = max(result.signedTo ?? 0, sequence)
        }
        var place = linked(group)
        var standing = Standing.alone
        if case .hash(let hash, let named) = expected {
            if let match = group.first(where: { facts[$0].hash == hash }) {
                place = match
                // What only something bad names is not better for it.
                standing = named == .bad ? .alone : .firm
            } else {
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
        return .hash(chosen.previous, standing)
    }

    /// All of a number beside the true one.
    private func copies(
        _ group: Range<Int>, _ chosen: RecordFact, _ result: inout Result,
        _ findings: inout FindingList
    ) {
        if group.count == 1 { return }
        var isPast = false
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
            // That one of the two was lost was told, and then it was not.
            let isAgain = (fact.marks ^ chosen.marks) & RecordFact.republished != 0
            if isAgain && !isPast && gaps.contains(fact.sequence) {
                isPast = true
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
        guard case .hash(let previous, _) = next else { return facts[group.lowerBound] }
        return facts[group.first { facts[$0].previous == previous } ?? group.lowerBound]
    }

    /// Numbers that no sound record has: those of unsound ones are altered, the others are gone.
    private func hole(
        _ range: ClosedRange<UInt64>, expecting hash: RecordHash?, _ kind: AuditFinding.Kind,
        _ text: String, _ above: RecordFact?, _ result: inout Result,
        _ findings: inout FindingList
    ) {
        result.isWhole = false
        var known: Set<UInt64> = []
        func explain(_ place: Int, _ number: UInt64) {
            if !known.insert(number).inserted || result.explained.contains(place) { return }
            result.explained.append(place)
            let record = unsound[place]
            findings.add(
                .altered, state.id, number...number, entry: UInt64(record.entry),
                at: record.realtime, "\(record.why): somebody changed it")
        }
        if let hash, let places = byHash[hash] { explain(places[0], range.upperBound) }
        // A number that fits comes second to a hash that does.
        if range.upperBound - range.lowerBound < UInt64(unsound.count) + 64 {
            for number in range { byNumber[number].map { explain($0[0], number) } }
        } else {
            for (number, places) in byNumber.sorted(by: { $0.key < $1.key })
            where range.contains(number) { explain(places[0], number) }
        }
        var next = range.lowerBound
        for number in known.sorted() + [range.upperBound + 1] {
            if number > next {
                findings.add(
                    kind, state.id, next...(number - 1), entry: above.map { UInt64($0.entry) } ?? 0,
                    at: above?.at ?? 0, text)
            }
            next = number + 1
        }
    }

    private func tell(
        _ kind: AuditFinding.Kind, _ fact: RecordFact, _ result: inout Result,
        _ findings: inout FindingList, _ text: String
    ) {
        result.isWhole = false
        findings.add(
            kind, state.id, fact.sequence...fact.sequence, entry: UInt64(fact.entry), at: fact.at,
            text)
    }

    /// What is before the first record: nothing, or what is no longer there.
    private func judgeBeginning(
        _ result: inout Result, _ findings: inout FindingList, _ notes: inout [String]
    ) {
        let first = facts[0]
        if first.sequence == 1 {
            if first.previous != .none {
                tell(
                    .altered, first, &result, &findings,
                    "it is the first record and yet names one before it")
            }
            return
        }
        // Changed ones that stand below the first that was not.
        let changed = byNumber.filter { number, places in
            number < first.sequence && number > 0
                && places.contains { !result.explained.contains($0) }
        }
        var begins = first.sequence
        if let lowest = changed.keys.min() {
            hole(
                lowest...(first.sequence - 1), expecting: first.previous, .missing,
                "records around it were changed", first, &result, &findings)
            begins = lowest
        }
        if begins == 1 { return }
        let pruned = state.pruned.map {
            "; audit.pruned says that \(words($0)) had been kept long enough"
        }
        notes.append(
            "chain \(state.id) begins here with record \(begins): what was before it is not here"
                + (pruned ?? ""))
    }
}
