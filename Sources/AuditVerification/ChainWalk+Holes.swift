internal import Plan

/// What is not there between records, and before the first of them.
extension ChainWalk {
    /// Judges what the walk found missing. Where the source begins between a record that journald had lost
    /// and its being sent once more, what is between the two is not here either, and that is no fault: the
    /// chain then begins here with the lowest record that no gap names. That is no more than a beginning that
    /// was cut off, as what stays below it stands behind that gap.
    func judgeHoles(
        _ excuses: ChainExcuses, _ result: inout Result, _ findings: inout FindingList
    ) {
        let first = facts[0].sequence
        result.begins = first
        if !result.holes.isEmpty {
            let begun = facts.first {
                $0.marks & RecordFact.republished == 0 || !excuses.excuse($0)
            }
            // What a gap names was sent after it, and so is to be here.
            let isBefore = { (gone: Hole) in
                gone.range.upperBound < begun?.sequence ?? 0 && !excuses.names(gone.range)
            }
            if result.holes.contains(where: isBefore) {
                result.begins = begun?.sequence ?? first
                result.holes.removeAll(where: isBefore)
                let low = facts[..<facts.lowerBound { $0.sequence < result.begins }]
                result.records -= UInt64(Set(low.map(\.sequence)).count)
            }
        }
        for gone in result.holes {
            hole(
                gone.range, expecting: gone.hash, .missing,
                "not here, though the chain goes on after", gone.above, &result, &findings)
        }
    }

    /// Numbers that no sound record has: those of unsound ones are altered, the others are gone.
    func hole(
        _ range: ClosedRange<UInt64>, expecting hash: RecordHash?, _ kind: AuditFinding.Kind,
        _ text: String, _ above: RecordFact?, _ result: inout Result,
        _ findings: inout FindingList
    ) {
        result.isWhole = false
        var known: Set<UInt64> = []
        func explain(_ place: Int, _ number: UInt64) {
            // One that explains another number already is not this one too.
            if known.contains(number) || !result.explained.insert(place).inserted { return }
            known.insert(number)
            let record = unsound.all[place]
            findings.add(
                .altered, state.id, number...number, entry: UInt64(record.entry),
                at: record.realtime, "\(record.why): somebody changed it")
        }
        if let hash, let place = unsound.byHash[hash] { explain(place, range.upperBound) }
        // A number that fits comes second to a hash that does.
        let low = numbered.lowerBound { $0.number < range.lowerBound }
        for one in numbered[low...] {
            if one.number > range.upperBound { break }
            explain(one.place, one.number)
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

    /// What is before the first record: nothing, or what is no longer there.
    func judgeBeginning(
        _ result: inout Result, _ findings: inout FindingList, _ notes: inout [String]
    ) {
        let first = facts[0]
        if first.sequence == 1 {
            if first.previous != .none {
                tell(
                    .altered, first, &result, &findings,
                    "it is the first record and yet names one before it")
            }
        } else {
            checkBelow(first, &result, &findings)
        }
        if result.begins != first.sequence {
            notes.append(
                "chain \(state.id) begins here with record \(result.begins); of what was before it, "
                    + "from record \(first.sequence) on, only what was sent once more is here, and "
                    + "nothing signed leads to that")
            return
        }
        if first.sequence == 1 { return }
        // Changed ones that stand below the first that was not.
        let changed = numbered.first { $0.number > 0 && !result.explained.contains($0.place) }
        var begins = first.sequence
        if let lowest = changed?.number, lowest < first.sequence {
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
