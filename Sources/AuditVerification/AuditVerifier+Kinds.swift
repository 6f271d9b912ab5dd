internal import Audit
internal import Plan

extension AuditVerifier {
    /// Takes note of what a record says that other records are judged by.
    func note(
        _ event: Range<Int>, _ look: EntryLook, _ entry: EntryFields, _ state: ChainState,
        _ fact: inout RecordFact
    ) {
        let bytes = entry.bytes
        // Nearly all are none of these.
        let key = NameKey(bytes.span, event.lowerBound, event.upperBound)
        guard let kind = notedKinds[key] else { return }
        switch kind {
        case .runStarted: step(.runStarted, look, bytes, state, fact)
        case .runEnded: step(.runEnded, look, bytes, state, fact)
        case .sandboxLaunched: step(.sandboxLaunched, look, bytes, state, fact)
        case .sandboxAdopted: step(.sandboxAdopted, look, bytes, state, fact)
        case .sandboxEnded, .sandboxDistrusted: step(.sandboxEnded, look, bytes, state, fact)
        case .quotaChanged: step(.quotaChanged, look, bytes, state, fact)
        case .quotaUndone, .limitChanged: step(.quotaLost, look, bytes, state, fact)
        case .supervisorStarted:
            step(.supervisorStarted, look, bytes, state, fact)
            cadence(entry, state, &fact)
        // Whoever ends as told has reconciled: before there was a record of that each time.
        case .supervisorReconciled, .supervisorStopped:
            step(.supervisorReconciled, look, bytes, state, fact)
        case .configurationApplied: cadence(entry, state, &fact)
        case .auditChain:
            fact.marks |= RecordFact.opening
            opening(entry, state, fact)
        case .auditHead:
            if head(look, bytes, state, fact) { fact.marks |= RecordFact.head }
            cadence(entry, state, &fact)
        case .auditAnchored, .auditAnchorFailed: fact.marks |= RecordFact.aside
        case .auditGap:
            let ranges = look.range.flatMap { AuditRanges.parse(bytes[$0]) } ?? []
            for range in ranges where state.gaps.count < ChainState.gapsMax {
                state.gaps.append(ChainState.Gap(range: range, entry: fact.entry))
            }
            fact.marks |= RecordFact.excuse
        case .auditPruned:
            if let range = look.range.flatMap({ AuditRanges.parse(bytes[$0]) })?.first {
                state.pruned = range
            }
        default: break
        }
    }

    private func step(
        _ kind: ChainState.Step.Kind, _ look: EntryLook, _ bytes: [UInt8], _ state: ChainState,
        _ fact: RecordFact
    ) {
        if state.steps.count >= ChainState.stepsMax {
            state.stepsLeftOut += 1
            return
        }
        var step = ChainState.Step(
            sequence: fact.sequence, number: 0, to: 0, entry: fact.entry,
            subject: NameTable.beyond, kind: kind)
        switch kind {
        case .supervisorStarted, .supervisorReconciled: break
        case .runStarted, .runEnded, .sandboxLaunched, .sandboxEnded, .sandboxAdopted:
            guard let project = look.project else { return }
            step.subject = subjects.number(bytes, project)
            if kind == .runStarted || kind == .runEnded {
                guard let run = look.run.flatMap({ decimal(bytes, $0) }) else { return }
                step.number = run
            }
        case .quotaChanged, .quotaLost:
            guard let project = look.project, let limit = look.limit else { return }
            var name = Array(bytes[project])
            if let workload = look.workload { name += [UInt8(ascii: "/")] + bytes[workload] }
            name += [UInt8(ascii: " ")] + bytes[limit]
            step.subject = subjects.number(name, 0..<name.count)
            step.number = look.from.map { mixed(bytes, $0) } ?? 0
            step.to = look.to.map { mixed(bytes, $0) } ?? 0
        }
        state.steps.append(step)
    }

    /// Checks a head against its own place and its signature.
    ///
    /// - Returns: whether nothing is wrong with it.
    private func head(
        _ look: EntryLook, _ bytes: [UInt8], _ state: ChainState, _ fact: RecordFact
    ) -> Bool {
        func say(_ text: String) -> Bool {
            findings.add(
                .headForged, state.id, fact.sequence...fact.sequence, entry: UInt64(fact.entry),
                at: fact.at, text)
            return false
        }
        guard let number = look.headSequence.flatMap({ decimal(bytes, $0) }),
            let named = look.headHash.flatMap({ RecordHash(digits: bytes, $0) })
        else { return say("this head does not name a record and its hash") }
        if number != fact.sequence - 1 || named != fact.previous {
            return say(
                "this head is of record \(number), not of the one before it: an old head was put "
                    + "here once more")
        }
        // Copies are the same head.
        let isFirst =
            state.heads.count < ChainState.certificatesMax
            && state.heads.insert(fact.sequence).inserted
        if keys.isEmpty {
            if isFirst { state.headsUnchecked += 1 }
            return true
        }
        let keyName = look.headKey.map { Sender.text(bytes, $0) } ?? ""
        guard let key = keys[keyName] else {
            return say("this head is signed with the key \(keyName), not with \(keyNames)")
        }
        let statement = AuditStatement(
            chain: state.id, sequence: number, hash: named.hash, at: fact.at, key: keyName)
        guard let digits = look.signature, let signature = decodedHex(bytes[digits]),
            signature.count == 64, key.verifies(signature, Array(statement.text.utf8))
        else {
            return say("the signature of this head is wrong: no record up to here is proven by it")
        }
        if isFirst {
            state.headsGood += 1
            var signer =
                state.signers[keyName] ?? AuditVerdict.Signer(key: keyName, heads: 0, to: 0)
            signer.heads += 1
            signer.to = max(signer.to, number)
            state.signers[keyName] = signer
        }
        if state.certificates.count < ChainState.certificatesMax {
            state.certificates[number] = named
        }
        return true
    }

    /// Takes note of how often heads are signed, where the record says that. No configuration allows more than
    /// a million records or a day.
    private func cadence(_ entry: EntryFields, _ state: ChainState, _ fact: inout RecordFact) {
        guard let records = entry.place(of: AuditField.signEveryRecords),
            let time = entry.place(of: AuditField.signEvery),
            let count = decimal(entry.bytes, records), count <= 1_000_000,
            let microseconds = decimal(entry.bytes, time), microseconds <= 86_400_000_000,
            state.cadences.count < ChainState.certificatesMax
        else { return }
        state.cadences.append(
            ChainState.Cadence(
                entry: fact.entry, records: UInt32(count), time: Int64(microseconds)))
        fact.marks |= RecordFact.cadence
    }

    /// Takes note of the chain that was before this one.
    private func opening(_ entry: EntryFields, _ state: ChainState, _ fact: RecordFact) {
        guard let chain = entry.place(of: AuditField.oldChain), chain.count <= 64,
            let number = entry.place(of: AuditField.oldSequence),
            let sequence = decimal(entry.bytes, number),
            let digits = entry.place(of: AuditField.oldHash),
            let hash = RecordHash(digits: entry.bytes, digits),
            state.openings.count < ChainState.openingsMax
        else { return }
        state.openings.append(
            ChainState.Opening(
                entry: fact.entry, chain: Sender.text(entry.bytes, chain), sequence: sequence,
                hash: hash))
    }

    /// FNV-1a: tells values apart that are not made to deceive, and those that are, are hashed.
    private func mixed(_ bytes: [UInt8], _ place: Range<Int>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes[place] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }
}

/// The kinds that `note` looks at, by the key of their words.
private let notedKinds: [NameKey: AuditKind] = {
    let kinds: [AuditKind] = [
        .runStarted, .runEnded, .sandboxLaunched, .sandboxAdopted, .sandboxEnded,
        .sandboxDistrusted, .quotaChanged, .quotaUndone, .limitChanged, .supervisorStarted,
        .supervisorReconciled, .supervisorStopped, .configurationApplied, .auditChain, .auditHead,
        .auditGap, .auditPruned, .auditAnchored, .auditAnchorFailed,
    ]
    var table: [NameKey: AuditKind] = [:]
    for kind in kinds {
        let word = Array(kind.rawValue.utf8)
        table[NameKey(word.span, 0, word.count)] = kind
    }
    return table
}()

extension EntryFields {
    /// Where the first value of a field is; for those that few records have.
    fileprivate func place(of name: String) -> Range<Int>? {
        places.first { bytes[$0.name].elementsEqual(name.utf8) }?.value
    }
}
