internal import Audit

/// Chains that follow one another, and the end of the last.
extension AuditVerifier {
    /// A chain that comes after another one comes after all of it, on the same machine.
    func judgeNeighbours(_ present: [Int]) {
        var machine: UInt16?
        for (place, index) in present.enumerated() {
            let state = chains[index]
            let fact = state.facts.min { $0.sequence < $1.sequence }!
            func say(_ kind: AuditFinding.Kind, _ text: String) {
                findings.add(
                    kind, state.id, fact.sequence...fact.sequence, entry: UInt64(fact.entry),
                    at: fact.at, text)
            }
            if place > 0 {
                let before = chains[present[place - 1]]
                if before.lastEntry > state.firstEntry {
                    say(.chainReplaced, "chain \(before.id) goes on beside \(state.id)")
                }
                if let machine, state.machine != machine {
                    say(.spliced, "chain \(state.id) is of another machine than \(before.id)")
                }
            }
            machine = state.machine
        }
    }

    /// A chain that comes after another one must begin with a record that says so, and that names the one
    /// before it and where that ends: what is signed for vouches for that end too.
    func judgeOpening(_ state: ChainState, _ result: ChainWalk.Result, after before: ChainState?) {
        let first = state.facts[0]
        func say(_ text: String) {
            findings.add(
                .chainReplaced, state.id, first.sequence...first.sequence,
                entry: UInt64(first.entry), at: first.at, text)
        }
        let opening = result.opening.flatMap { found in
            state.openings.first { $0.entry == found.entry }
        }
        if let opening, keys.isEmpty || result.opening?.reach == .signed {
            ends[opening.chain] = opening
        }
        guard let before else {
            if let opening, wanted == nil {
                notes.append(
                    "chain \(state.id) begins after record \(opening.sequence) of chain "
                        + "\(opening.chain), which is not here")
            }
            return
        }
        guard let begun = result.opening else {
            return say(
                "chain \(state.id) takes the place of \(before.id), and no audit.chain begins it")
        }
        guard let opening, opening.chain == before.id else {
            return say(
                "chain \(state.id) takes the place of \(before.id), and the audit.chain that begins it "
                    + (opening.map { "names \($0.chain) as the one before it" }
                        ?? "names none before it"))
        }
        if !keys.isEmpty && begun.reach != .signed {
            return say(
                "chain \(state.id) takes the place of \(before.id), and nothing that is signed leads to "
                    + "the audit.chain that begins it")
        }
        notes.append("chain \(state.id) begins after record \(opening.sequence) of \(before.id)")
        certify(before, opening, by: state)
    }

    private func certify(
        _ state: ChainState, _ opening: ChainState.Opening, by later: ChainState
    ) {
        func say(_ kind: AuditFinding.Kind, _ range: ClosedRange<UInt64>, _ text: String) {
            findings.add(
                kind, state.id, range, entry: 0, at: 0,
                "the audit.chain that begins chain \(later.id) \(text)")
        }
        let end = opening.sequence
        if let other = state.certificates[end], other != opening.hash {
            return say(
                .forked, end...end,
                "names another record than a signed head or an anchor does: there were two trails")
        }
        state.certificates[end] = opening.hash
        let last = state.facts.map(\.sequence).max()!
        if last > end {
            say(
                .inserted, (end + 1)...last,
                "says that this chain ended with record \(end): nothing leads to what is after that"
            )
        }
    }

    /// What no signature vouches for can only be as much as comes between two of them. Twice that, and some
    /// minutes, is for machines that are busy.
    ///
    /// - Parameters:
    ///   - first: where the chain begins here.
    ///   - hasOldAnchors: there are anchors of before that.
    func judgeSignatures(
        _ state: ChainState, _ result: ChainWalk.Result, from first: RecordFact,
        _ hasOldAnchors: Bool
    ) {
        if keys.isEmpty { return }
        let last = state.facts[state.facts.count - 1]
        let isAnchored = first.sequence > 1 && state.certificates[first.sequence - 1] != nil
        let signedTo = result.signedTo ?? first.sequence - 1
        var count: UInt64 = 0
        var asides = 0
        // The first that is not signed, and the first of those for which there should be a head.
        var unsigned: RecordFact?
        var begin: RecordFact?
        for fact in state.facts.reversed() {
            if fact.sequence <= signedTo { break }
            unsigned = fact
            if fact.marks & RecordFact.head != 0 { continue }
            if fact.marks & RecordFact.aside != 0 {
                asides += 1
                if asides <= Self.asidesMax { continue }
            }
            count += 1
            begin = fact
        }
        guard let unsigned else { return }
        func say(_ text: String) {
            let begin = begin ?? unsigned
            findings.add(
                .unsigned, state.id, begin.sequence...last.sequence, entry: UInt64(begin.entry),
                at: begin.at, text)
        }
        if result.signedTo == nil && !isAnchored {
            if hasOldAnchors {
                return say(
                    "nothing here is signed, and all anchors are of before: nothing vouches for these"
                )
            }
            if first.sequence > 1 && since == nil {
                return say(
                    "nothing here is signed, though the chain had begun before: nothing vouches for "
                        + "these")
            }
        }
        let cadence = result.cadence ?? Self.standardCadence
        let countMax = UInt64(cadence.records) * 2
        let timeMax = cadence.time * 2 + Self.patience
        // Of clocks that were set back nothing can be told.
        let time = begin.map { last.at - $0.at } ?? 0
        if count > countMax || time > timeMax {
            say(
                "\(count) records of \(max(time, 0) / 1_000_000) s have no signature, and this trail has "
                    + "one every \(cadence.records) records or \(cadence.time / 1_000_000) s: nothing "
                    + "vouches for them")
        } else if result.signedTo == nil && !isAnchored {
            notes.append(
                "chain \(state.id): nothing here is signed yet, and so anybody could have made it up"
            )
        }
    }

    /// Of trails that do not say it: what a configuration has that says nothing.
    private static let standardCadence = ChainState.Cadence(
        entry: 0, records: 1_000, time: 60_000_000)
    /// Of anchors a record tells that one works or does not, and no head is made for it: a configuration has
    /// at most 16, and of each there are three after a head, where one before it was still on its way. More
    /// are counted as all others are.
    private static let asidesMax = 64
    /// Microseconds.
    private static let patience: Int64 = 300_000_000
}
