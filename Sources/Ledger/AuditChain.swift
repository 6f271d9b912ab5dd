internal import Audit
internal import Crypto
internal import Plan
internal import Syscalls

/// Where the chain of records ends, and what the open transaction adds to it.
final class AuditChain {
    /// 128 random bits in hexadecimal digits.
    let id: String
    private(set) var tip: Tip
    /// Of the open transaction.
    private(set) var added: [StoredAuditRecord] = []
    private var tipBefore: Tip
    private let digest: Digest

    struct Tip {
        var sequence: UInt64
        var hash: AuditHash
    }

    /// - Parameter tip: the last record's; of an empty chain number 0 and `AuditHash.none`.
    init(id: String, tip: Tip) throws(LedgerError) {
        self.id = id
        self.tip = tip
        tipBefore = tip
        do throws(CryptoError) { digest = try Digest() } catch {
            throw .failed(path: "", detail: error.message, errno: nil)
        }
    }

    func beginTransaction() {
        tipBefore = tip
        added.removeAll(keepingCapacity: true)
    }

    /// Of many that are added at once: they are in the ledger, and need not be here too.
    func forgetAdded() { added.removeAll(keepingCapacity: true) }

    func undoTransaction() {
        tip = tipBefore
        added.removeAll(keepingCapacity: true)
    }

    /// The entry as the next record.
    func extend(_ entry: AuditEntry, at microseconds: Int64) -> StoredAuditRecord {
        add(
            AuditRecord(
                entry, chain: id, sequence: tip.sequence + 1, previous: tip.hash, at: microseconds))
    }

    /// A record of another chain as the next one of this; nil where `bytes` are no record's.
    func extend(moving bytes: [UInt8]) -> StoredAuditRecord? {
        AuditRecord(
            moving: bytes, to: id, sequence: tip.sequence + 1, previous: tip.hash
        ).map(add)
    }

    private func add(_ record: AuditRecord) -> StoredAuditRecord {
        let stored = StoredAuditRecord(
            record, hash: AuditHash(bytes: digest.hash(record.bytes)))
        tip = Tip(sequence: record.sequence, hash: stored.hash)
        added.append(stored)
        return stored
    }
}
