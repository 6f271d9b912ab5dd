internal import Audit
internal import Plan

extension AuditVerifier {
    /// Takes note of what a record says that other records are judged by.
    func note(
        _ event: Range<Int>, _ look: EntryLook, _ bytes: [UInt8], _ state: ChainState,
        _ fact: inout RecordFact
    ) {
        let isAgain = fact.marks & RecordFact.republished != 0
        // Nearly all are none of these.
        let key = NameKey(bytes.span, event.lowerBound, event.upperBound)
        guard let kind = notedKinds[key] else {
            if !isAgain { state.isJustStarted = false }
            return
        }
        if !isAgain { state.isJustStarted = kind == .supervisorStarted }
        switch kind {
        case .runStarted: step(.runStarted, look, bytes, state, fact)
        case .runEnded: step(.runEnded, look, bytes, state, fact)
        case .sandboxLaunched: step(.sandboxLaunched, look, bytes, state, fact)
        case .sandboxAdopted: step(.sandboxAdopted, look, bytes, state, fact)
        case .sandboxEnded, .sandboxDistrusted: step(.sandboxEnded, look, bytes, state, fact)
        case .quotaChanged: step(.quotaChanged, look, bytes, state, fact)
        case .quotaUndone, .limitChanged: step(.quotaLost, look, bytes, state, fact)
        case .supervisorStarted: step(.supervisorStarted, look, bytes, state, fact)
        case .auditChain: fact.marks |= RecordFact.opening
        case .auditHead: head(look, bytes, state, fact)
        case .auditGap:
            if let range = look.range.flatMap({ numbers(bytes, $0) }),
                state.gaps.count < ChainState.gapsMax
            {
                state.gaps.append(range)
            }
        case .auditPruned:
            if let range = look.range.flatMap({ numbers(bytes, $0) }) { state.pruned = range }
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
        case .supervisorStarted: break
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
    private func head(
        _ look: EntryLook, _ bytes: [UInt8], _ state: ChainState, _ fact: RecordFact
    ) {
        func say(_ text: String) {
            findings.add(
                .headForged, state.id, fact.sequence...fact.sequence, entry: UInt64(fact.entry),
                at: fact.at, text)
        }
        guard let number = look.headSequence.flatMap({ decimal(bytes, $0) }),
            let named = look.headHash.flatMap({ RecordHash(digits: bytes, $0) })
        else { return say("this head does not name a record and its hash") }
        if number != fact.sequence - 1 || named != fact.previous {
            return say(
                "this head is of record \(number), not of the one before it: an old head was put "
                    + "here once more")
        }
        guard let key else {
            state.headsUnchecked += 1
            return
        }
        let keyName = look.headKey.map { Sender.text(bytes, $0) } ?? ""
        if keyName != key.id {
            return say("this head is signed with the key \(keyName), not with \(key.id)")
        }
        let statement = AuditStatement(
            chain: state.id, sequence: number, hash: named.hash, at: fact.at, key: keyName)
        guard let digits = look.signature, let signature = decodedHex(bytes[digits]),
            signature.count == 64, key.verifies(signature, Array(statement.text.utf8))
        else {
            return say("the signature of this head is wrong: no record up to here is proven by it")
        }
        state.headsGood += 1
        if state.certificates.count < ChainState.certificatesMax {
            state.certificates[number] = named
        }
    }

    /// `5-9` or `5`.
    private func numbers(_ bytes: [UInt8], _ place: Range<Int>) -> ClosedRange<UInt64>? {
        guard let hyphen = bytes[place].firstIndex(of: UInt8(ascii: "-")) else {
            return decimal(bytes, place).map { $0...$0 }
        }
        guard let first = decimal(bytes, place.lowerBound..<hyphen),
            let last = decimal(bytes, (hyphen + 1)..<place.upperBound), first <= last
        else { return nil }
        return first...last
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
        .auditChain, .auditHead, .auditGap, .auditPruned,
    ]
    var table: [NameKey: AuditKind] = [:]
    for kind in kinds {
        let word = Array(kind.rawValue.utf8)
        table[NameKey(word.span, 0, word.count)] = kind
    }
    return table
}()
