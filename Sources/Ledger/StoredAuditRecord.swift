public import Audit

/// A record of the audit trail as the ledger keeps it.
public struct StoredAuditRecord: Hashable, Sendable {
    public let sequence: UInt64
    /// `AuditRecord.bytes`.
    public let bytes: [UInt8]
    public let hash: AuditHash

    public init(sequence: UInt64, bytes: [UInt8], hash: AuditHash) {
        self.sequence = sequence
        self.bytes = bytes
        self.hash = hash
    }

    init(_ record: AuditRecord, hash: AuditHash) {
        self.init(sequence: record.sequence, bytes: record.bytes, hash: hash)
    }
}
