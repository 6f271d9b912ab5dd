internal import Audit
internal import Ledger
internal import Plan

/// What `bulkhead-audit confirm` answered.
struct ConfirmedRecords {
    /// Where a chain ends in the journal.
    struct End {
        let chain: String
        let sequence: UInt64
        let hash: AuditHash
    }

    /// The numbers of those that the journal has not.
    private(set) var missing: Set<UInt64> = []
    /// Of our chain; nil where the journal has nothing of it, or it was not asked.
    private(set) var own: End?
    /// Of the last chain beside ours.
    private(set) var other: End?
    /// Of both the one that the journal goes on with.
    private(set) var last: End?

    /// Nil where it was not said to the end, or is no answer.
    init?(_ answer: [UInt8], chain: String) {
        for line in answer.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " ")).map {
                String(decoding: $0, as: UTF8.self)
            }
            if words == ["done"] { return }
            if words.count == 1, let number = UInt64(words[0]) {
                missing.insert(number)
            } else if words.count == 4, words[0] == "end", let sequence = UInt64(words[2]),
                words[1].utf8.count == 32, decodedHex(words[1].utf8) != nil,
                let hash = AuditHash(text: words[3])
            {
                let end = End(chain: words[1], sequence: sequence, hash: hash)
                if words[1] == chain { own = end } else { other = end }
                last = end
            } else {
                return nil
            }
        }
        return nil
    }
}

extension AuditTrail {
    /// At the start: why this ledger's chain cannot go on, where it cannot, as the first record of the chain
    /// that comes in its place.
    ///
    /// A chain of which the journal knows more than the ledger would get two records with one number.
    func obstacle(_ found: ConfirmedRecords) throws(LedgerError) -> AuditEntry? {
        let tip = ledger.auditTip
        if let end = found.own {
            let isOurs = try ledger.auditHash(of: end.sequence).map { $0 == end.hash }
            // What was taken out of the ledger long ago is not looked at.
            if end.sequence <= tip.sequence, isOurs ?? true { return nil }
            // Another may have begun after ours already: that of a ledger that was put back before.
            return Self.beginning(
                after: found.last ?? end,
                "the ledger was put back, or has lost its end: the journal has other records after it",
                priority: 2)
        }
        // One of which nothing was ever published is new.
        if confirmed == 0, let end = found.other {
            return Self.beginning(
                after: end, "the ledger is new and the journal has the records of another",
                priority: 4)
        }
        return nil
    }

    private static func beginning(
        after end: ConfirmedRecords.End, _ why: String, priority: UInt8
    ) -> AuditEntry {
        AuditEntry(
            .auditChain,
            "a new chain of records begins after record \(end.sequence) of chain \(end.chain): \(why)",
            priority: priority,
            details: [
                (AuditField.oldChain, end.chain), (AuditField.oldSequence, String(end.sequence)),
                (AuditField.oldHash, end.hash.text), (AuditField.cause, why),
            ])
    }
}
