public import Audit

/// A line from outside that says what a chain had: see `AuditStatement`.
public struct AuditAnchor: Hashable, Sendable {
    public let statement: AuditStatement
    public let signature: [UInt8]
    /// Of its file, from 1.
    public let line: Int

    public init(_ statement: AuditStatement, signature: [UInt8], line: Int) {
        self.statement = statement
        self.signature = signature
        self.line = line
    }
}

/// Verifies a trail: takes its entries in the order of the journal, keeps about a hundred bytes of each
/// record, and says at the end what is wrong.
public final class AuditVerifier {
    let hash: ([UInt8]) -> [UInt8]
    /// By their numbers; empty: signatures are not checked.
    let keys: [String: AuditKey]
    let anchors: [AuditAnchor]
    /// Only this chain; nil: all.
    let wanted: String?
    /// The source was asked for what is later than this only: microseconds since the epoch.
    let since: Int64?

    private var looker = EntryLooker()
    private var sender = Sender()
    var chains: [ChainState] = []
    private var chainNumbers: [ArraySlice<UInt8>: Int] = [:]
    private var lastChain: (bytes: [UInt8], index: Int)?
    var units = NameTable()
    private var boots = NameTable()
    private var machines = NameTable()
    var subjects = NameTable()
    var unsound: [UnsoundRecord] = []
    var findings = FindingList()
    /// Apart, as anybody may write so many of these that no other is seen.
    var forged = FindingList()
    var notes: [String] = []
    var entries: UInt64 = 0
    /// Good anchors of chains of which nothing is here.
    var absent: [String: [AuditAnchor]] = [:]
    /// Where chains end, as a chain that took the place of one says in what something signed leads to.
    var ends: [String: ChainState.Opening] = [:]
    var otherCount = 0
    var otherChains: [String] = []
    /// Kinds that bulkheadd chains and that here stand before any chain.
    var unchained = UnchainedRecords()

    /// Chains at most; what names yet another one is no record.
    static let chainsMax = 256
    /// Of what is not as it was written; more is counted only.
    static let unsoundMax = 1_000_000

    /// - Parameters:
    ///   - hash: SHA-256.
    ///   - keys: any of them may have signed; none: signatures are not checked.
    ///   - chain: only this one is verified.
    ///   - since: what journald received before is left out, so that no signature may be among what there is:
    ///     microseconds since the epoch.
    public init(
        hash: @escaping ([UInt8]) -> [UInt8], keys: [AuditKey], anchors: [AuditAnchor] = [],
        chain: String? = nil, since: Int64? = nil
    ) {
        self.hash = hash
        self.keys = Dictionary(keys.map { ($0.id, $0) }) { first, _ in first }
        self.since = since
        self.anchors = anchors
        wanted = chain
    }

    /// Takes the next entry.
    public func add(_ entry: EntryFields) {
        entries += 1
        let look = looker.look(at: entry)
        if !look.isOfRecord && look.event == nil { return }
        let bytes = entry.bytes
        let number = UInt32(clamping: entry.number)
        let realtime = Int64(clamping: entry.realtime)
        let isOther = isOfOtherChain(look, bytes)
        if !sender.isKnown(look, bytes), let reason = sender.foreign(entry, look) {
            if isOther {
                otherCount += 1
                return
            }
            // Whoever names a project's run in a line of its log writes no record.
            let sequence = look.sequence.flatMap { decimal(bytes, $0) }
            forged.add(
                .forged, look.chain.map { Sender.text(bytes, $0) } ?? "",
                sequence.map { $0...$0 }, entry: entry.number, at: realtime,
                "\(reason)\(Sender.description(look, bytes)): it is no record of Bulkhead")
            return
        }
        if !look.isOfRecord {
            if let event = look.event { noteUnchained(event, look, entry) }
            return
        }
        if isOther {
            otherCount += 1
            let name = look.chain.map { Sender.text(bytes, $0) } ?? ""
            if otherChains.count < 4 && !otherChains.contains(name) { otherChains.append(name) }
            return
        }
        // Only now: what is not bulkheadd's takes no chain's place.
        let chain = look.chain.flatMap { chainIndex(bytes, $0) }
        let computed = RecordHash(hash(looker.canonical))
        let claimed = look.hash.flatMap { RecordHash(digits: bytes, $0) }
        let sequence = look.sequence.flatMap { decimal(bytes, $0) }
        guard !entry.isCut, let chain, let sequence, sequence > 0, claimed == computed,
            let previous = look.previous.flatMap({ RecordHash(digits: bytes, $0) }),
            let at = look.at.flatMap({ decimal(bytes, $0) })
        else {
            let why =
                if entry.isCut { "it is larger than any record" } else if look.hash == nil {
                    "it has no BULKHEAD_HASH"
                } else if claimed == nil {
                    "its BULKHEAD_HASH is no hash"
                } else if claimed
                    != computed
                {
                    "what it says does not hash to its BULKHEAD_HASH"
                } else { "it lacks a chain, a number, a time or the hash before it" }
            if unsound.count < Self.unsoundMax {
                unsound.append(
                    UnsoundRecord(
                        chain: chain, sequence: sequence, claimed: claimed, computed: computed,
                        entry: number, realtime: realtime, why: why))
            } else {
                findings.leaveOut()
            }
            return
        }
        let state = chains[chain]
        var fact = RecordFact(
            sequence: sequence, hash: computed, previous: previous, at: Int64(clamping: at),
            entry: number, pid: 0, unit: NameTable.beyond, marks: 0)
        if let pid = look.senderPID.flatMap({ decimal(bytes, $0) }) {
            fact.pid = UInt32(clamping: pid)
        }
        if let unit = look.senderUnit {
            fact.unit = units.number(bytes, unit)
            state.units.insert(fact.unit)
        }
        if look.isRepublished { fact.marks |= RecordFact.republished }
        place(look, bytes, state, fact)
        if let event = look.event { note(event, look, entry, state, &fact) }
        unchained.chainHasBegun(with: sequence)
        if state.facts.isEmpty { state.firstEntry = number }
        state.lastEntry = number
        if sequence <= state.lastSequence { state.isAscending = false }
        state.lastSequence = max(sequence, state.lastSequence)
        state.facts.append(fact)
    }

    /// Whether it is of another chain than the one that is asked for. What names none may be of that one.
    private func isOfOtherChain(_ look: EntryLook, _ bytes: [UInt8]) -> Bool {
        guard let wanted, let place = look.chain else { return false }
        return !bytes[place].elementsEqual(wanted.utf8)
    }

    /// The chain's index; nil where there are too many.
    private func chainIndex(_ bytes: [UInt8], _ place: Range<Int>) -> Int? {
        if let lastChain, same(bytes, place, lastChain.bytes) { return lastChain.index }
        if place.count > 64 { return nil }
        let own = Array(bytes[place])
        if let index = chainNumbers[own[...]] {
            lastChain = (own, index)
            return index
        }
        if chains.count >= Self.chainsMax { return nil }
        chains.append(ChainState(id: String(decoding: own, as: UTF8.self)))
        chainNumbers[own[...]] = chains.count - 1
        lastChain = (own, chains.count - 1)
        return chains.count - 1
    }

    /// `the key 00, nor with 11`.
    var keyNames: String { keys.keys.sorted().joined(separator: ", nor with ") }

    func index(ofChain id: String) -> Int? { chainNumbers[Array(id.utf8)[...]] }

    /// Boots follow one another, and all are of one machine.
    private func place(
        _ look: EntryLook, _ bytes: [UInt8], _ state: ChainState, _ fact: RecordFact
    ) {
        if let boot = look.boot {
            let number = boots.number(bytes, boot)
            if number != state.boot {
                if state.boot != NameTable.beyond { state.bootsLeft.insert(state.boot) }
                state.boot = number
                if state.bootsLeft.contains(number) {
                    findings.add(
                        .spliced, state.id, fact.sequence...fact.sequence,
                        entry: UInt64(fact.entry), at: fact.at,
                        "it is of boot \(Sender.text(bytes, boot)), which another boot had followed: "
                            + "what stands here was put together")
                }
            }
        }
        if let machine = look.machine {
            let number = machines.number(bytes, machine)
            if number != state.machine {
                if state.machine != NameTable.beyond {
                    findings.add(
                        .spliced, state.id, fact.sequence...fact.sequence,
                        entry: UInt64(fact.entry), at: fact.at,
                        "it is of machine \(Sender.text(bytes, machine)), the one before of another"
                    )
                }
                state.machine = number
            }
        }
    }
}
