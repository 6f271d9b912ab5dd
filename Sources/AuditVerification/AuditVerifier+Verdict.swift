internal import Audit

extension AuditVerifier {
    /// What it all comes to. Nothing can be added after.
    public func verdict() -> AuditVerdict {
        for state in chains { leaveOutOtherUnits(state) }
        let anchorsGood = checkAnchors()
        var summaries: [AuditVerdict.Chain] = []
        let byPlace = UnsoundRecords(unsound)
        var explained: Set<Int> = []
        let present = chains.indices.filter { !chains[$0].facts.isEmpty }
            .sorted { chains[$0].firstEntry < chains[$1].firstEntry }
        judgeNeighbours(present)
        // The last one first: what begins it tells where the one before it ends.
        for (place, index) in present.enumerated().reversed() {
            let state = chains[index]
            state.facts.sort {
                $0.sequence != $1.sequence ? $0.sequence < $1.sequence : $0.entry < $1.entry
            }
            let walk = ChainWalk(state, index: index, unsound: byPlace, isKeyless: keys.isEmpty)
            let (result, excuses) = walk.judge(&findings, &notes)
            explained.formUnion(result.explained)
            let hasOldAnchors = noteOldAnchors(state, result)
            judgeSignatures(state, result, from: walk.first(of: result), hasOldAnchors)
            judgeOpening(state, result, after: place > 0 ? chains[present[place - 1]] : nil)
            summaries.append(summary(of: state, result, from: walk.first(of: result)))
            judgeOrder(state, excuses)
        }
        for (place, record) in unsound.enumerated() where !explained.contains(place) {
            tell(record)
        }
        judgeAbsentChains()
        judgeUnchained()
        if otherCount > 0 { notes.append("\(otherCount) entries of other chains were left out") }
        findings.sort()
        return AuditVerdict(
            chains: summaries.reversed(), findings: findings.kept + forged.kept,
            findingsLeftOut: findings.leftOut + forged.leftOut,
            notes: notes, entries: entries, anchorsGood: anchorsGood, keys: keys.keys.sorted(),
            otherChains: otherChains)
    }

    /// - Parameter state: its facts in the order of their numbers.
    private func summary(
        of state: ChainState, _ result: ChainWalk.Result, from first: RecordFact
    ) -> AuditVerdict.Chain {
        var open: [String] = []
        if result.isWhole {
            state.steps.removeAll { $0.sequence < result.begins }
            open = judgeCompleteness(state)
        } else if !state.steps.isEmpty {
            notes.append(
                "chain \(state.id): as records are missing or altered, it was not looked whether "
                    + "all that began has its end")
        }
        let last = state.facts[state.facts.count - 1]
        return AuditVerdict.Chain(
            id: state.id, records: result.records,
            range: first.sequence...last.sequence, from: first.at, to: last.at,
            headsGood: state.headsGood, headsUnchecked: state.headsUnchecked,
            signedTo: keys.isEmpty ? nil : result.signedTo,
            signers: state.signers.values.sorted { $0.key < $1.key }, open: open)
    }

    private func tell(_ record: UnsoundRecord) {
        findings.add(
            .altered, record.chain.map { chains[$0].id } ?? "",
            record.sequence.map { $0...$0 }, entry: UInt64(record.entry), at: record.realtime,
            "\(record.why): somebody changed it, or it never was a record")
    }

    /// Where bulkhead.service writes a chain, nobody else does.
    private func leaveOutOtherUnits(_ state: ChainState) {
        guard state.units.count > 1,
            let own = state.units.first(where: { units[$0] == "bulkhead.service" })
        else { return }
        var others: Set<UInt32> = []
        for fact in state.facts where fact.unit != own && fact.unit != NameTable.beyond {
            others.insert(fact.entry)
            forged.add(
                .forged, state.id, fact.sequence...fact.sequence, entry: UInt64(fact.entry),
                at: fact.at,
                "it came from the unit \(units[fact.unit]), not from bulkhead.service (_PID "
                    + "\(fact.pid)): it is no record of Bulkhead")
        }
        state.facts.removeAll { others.contains($0.entry) }
        state.steps.removeAll { others.contains($0.entry) }
        state.firstEntry = state.facts.first?.entry ?? 0
        state.lastEntry = state.facts.last?.entry ?? 0
    }

    private func judgeOrder(_ state: ChainState, _ excuses: ChainExcuses) {
        if state.isAscending { return }
        state.facts.sort { $0.entry < $1.entry }
        let order = ChainOrder(facts: state.facts)
        for (range, fact) in order.moved() where !isCopy(fact, in: state) {
            findings.add(
                .reordered, state.id, range, entry: UInt64(fact.entry), at: fact.at,
                "not where the numbers say, and nothing tells that it was sent once more")
        }
        for fact in order.early() where !isCopy(fact, in: state) {
            findings.add(
                .reordered, state.id, fact.sequence...fact.sequence, entry: UInt64(fact.entry),
                at: fact.at,
                "it says that it was sent once more, but stands before what was sent before it")
        }
        for fact in order.unexcused(excuses) {
            let awaits = excuses.awaitsSignature(fact)
            findings.add(
                .reordered, state.id, fact.sequence...fact.sequence, entry: UInt64(fact.entry),
                at: fact.at,
                "it says that it was sent once more, but "
                    + (awaits
                        ? "what tells so has no signature yet, and this record has one"
                        : "no audit.gap has its number"))
        }
    }

    /// What is there twice is told as that, not as out of its place.
    private func isCopy(_ fact: RecordFact, in state: ChainState) -> Bool {
        copies(of: state).contains(fact.sequence)
    }

    private func copies(of state: ChainState) -> Set<UInt64> {
        if let known = state.copies { return known }
        var seen: [UInt64] = state.facts.map(\.sequence)
        seen.sort()
        var copies: Set<UInt64> = []
        for index in seen.indices.dropFirst() where seen[index] == seen[index - 1] {
            copies.insert(seen[index])
        }
        state.copies = copies
        return copies
    }
}
