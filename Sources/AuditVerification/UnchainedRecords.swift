internal import Audit

/// Entries that are of a kind that bulkheadd chains, and that have no place in any chain.
struct UnchainedRecords {
    /// Whether one that has its place was read; what stands before the first record of a chain may be of
    /// before there were chains.
    private(set) var hasChain = false
    private(set) var before = 0
    /// What a finding about them would be, should the chain not begin where they end.
    private(set) var first: (entry: UInt64, at: Int64, event: String)?
    private(set) var areOfBefore = false

    mutating func chainHasBegun(with sequence: UInt64) {
        if hasChain { return }
        hasChain = true
        areOfBefore = sequence == 1
    }

    /// False where it cannot be of before there was a chain.
    mutating func mayBeOfBefore(_ event: String, entry: UInt64, at: Int64) -> Bool {
        if hasChain { return false }
        before += 1
        if first == nil { first = (entry, at, event) }
        return true
    }
}

extension AuditVerifier {
    /// Looks at an entry that names an event and is no part of any chain.
    func noteUnchained(_ event: Range<Int>, _ look: EntryLook, _ entry: EntryFields) {
        guard let kind = AuditKind(rawValue: Sender.text(entry.bytes, event)),
            !AuditKind.unchainedKinds.contains(kind), wanted == nil
        else { return }
        let at = Int64(clamping: entry.realtime)
        if unchained.mayBeOfBefore(kind.rawValue, entry: entry.number, at: at) { return }
        tellUnchained(kind.rawValue, Sender.description(look, entry.bytes), entry.number, at)
    }

    /// What comes of those that stood before all chains.
    func judgeUnchained() {
        guard let first = unchained.first else { return }
        if unchained.areOfBefore || !unchained.hasChain {
            notes.append(
                "\(unchained.before) entries name events and stand before the first record of any "
                    + "chain: they are of an older version, or nobody's, and were not verified")
        } else {
            tellUnchained(first.event, "", first.entry, first.at)
        }
    }

    private func tellUnchained(_ event: String, _ writer: String, _ entry: UInt64, _ at: Int64) {
        forged.add(
            .inserted, "", nil, entry: entry, at: at,
            "\(event) without a place in any chain\(writer): bulkheadd gives each of these one, "
                + "so it is no record of Bulkhead")
    }
}
