public import Audit
internal import Plan
internal import Syscalls

extension LedgerChanges {
    /// Adds a record to the audit trail: there if and only if the transaction is.
    public func append(_ entry: AuditEntry) throws(LedgerError) {
        try append(entry, at: realtimeNanoseconds() / 1_000)
    }

    /// The number of the last record, also of one that this transaction has added.
    public var lastAuditRecord: UInt64 { chain.tip.sequence }

    /// Adds a signed head: what it signs is the record before it.
    ///
    /// - Parameters:
    ///   - key: the name of the key.
    ///   - details: what else it says; that is signed with the next head only.
    ///   - sign: makes the signature over a statement's text; nil where it cannot.
    public func appendHead(
        key: String, details: [(name: String, value: String)] = [],
        sign: (AuditStatement) -> [UInt8]?
    ) throws(LedgerError) -> AuditStatement? {
        let at = realtimeNanoseconds() / 1_000
        let statement = AuditStatement(
            chain: chain.id, sequence: chain.tip.sequence, hash: chain.tip.hash, at: at, key: key)
        guard let signature = sign(statement) else { return nil }
        try append(
            AuditEntry(
                .auditHead, "record \(statement.sequence) is signed by key \(key)",
                details: [
                    (AuditField.headSequence, String(statement.sequence)),
                    (AuditField.headHash, statement.hash.text), (AuditField.headKey, key),
                    (AuditField.signature, hexadecimal(signature)),
                ] + details), at: at)
        return statement
    }

    private func append(_ entry: AuditEntry, at: Int64) throws(LedgerError) {
        let record = chain.extend(entry, at: at)
        try connection.run(
            "INSERT INTO audit VALUES (?, ?, ?, ?)", .bits(record.sequence), .integer(at),
            .blob(record.bytes), .blob(record.hash.bytes))
    }

    /// Writes down that journald has kept every record up to this one.
    public func setAuditConfirmed(_ sequence: UInt64) throws(LedgerError) {
        try connection.run(
            "INSERT OR REPLACE INTO facts VALUES ('audit_confirmed', ?)", .bits(sequence))
    }
}

extension LedgerChanges {
    /// Writes down which key signs: 16 hexadecimal digits.
    public func setAuditKey(_ name: String) throws(LedgerError) {
        guard let number = UInt64(name, radix: 16) else { return }
        try connection.run(
            "INSERT OR REPLACE INTO facts VALUES ('audit_key', ?)", .bits(number))
    }
}

extension LedgerStore {
    /// The key that signed the last time a supervisor started; nil where none was written down.
    public func auditKey() throws(LedgerError) -> String? {
        let number = try connection.first("SELECT value FROM facts WHERE name = 'audit_key'") {
            row in row.bits(0)
        }
        return number.map { number in
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }
    }

    /// Which chain of records is this ledger's.
    public var auditChain: String { chain.id }

    /// The last record's number, 0 before the first, and its hash.
    public var auditTip: (sequence: UInt64, hash: AuditHash) {
        (chain.tip.sequence, chain.tip.hash)
    }

    /// Up to which record it is known that journald has kept them.
    public func auditConfirmed() throws(LedgerError) -> UInt64 {
        try connection.first("SELECT value FROM facts WHERE name = 'audit_confirmed'") { row in
            row.bits(0)
        } ?? 0
    }

    /// Records after `sequence`, in their order.
    public func auditRecords(
        after sequence: UInt64, limit: Int
    ) throws(LedgerError) -> [StoredAuditRecord] {
        try connection.all(
            "SELECT seq, bytes, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?",
            .bits(sequence), .integer(Int64(limit))
        ) { row throws(LedgerError) in
            let hash = row.blob(2)
            if hash.count != 32 {
                throw .corrupt(path: row.path, detail: "the hash of record \(row.bits(0))")
            }
            return StoredAuditRecord(
                sequence: row.bits(0), bytes: row.blob(1), hash: AuditHash(bytes: hash))
        }
    }

    /// The chain that is in the ledger, or a new one, with its first record.
    static func auditChain(in connection: Connection) throws(LedgerError) -> AuditChain {
        let found = try connection.first("SELECT id FROM audit_chain") { row in row.text(0) }
        if let found {
            let tip = try connection.first(
                "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"
            ) { row throws(LedgerError) in
                AuditChain.Tip(sequence: row.bits(0), hash: AuditHash(bytes: row.blob(1)))
            }
            guard let tip, tip.hash.bytes.count == 32 else {
                throw .corrupt(path: connection.path, detail: "the end of the audit trail")
            }
            return try AuditChain(id: found, tip: tip)
        }
        let id: String
        do throws(SystemCallError) { id = hexadecimal(try randomBytes(16)) } catch {
            throw .system(error)
        }
        let chain = try AuditChain(
            id: id, tip: AuditChain.Tip(sequence: 0, hash: AuditHash.none))
        try connection.transaction(.power) { () throws(LedgerError) in
            try connection.run("INSERT INTO audit_chain VALUES (1, ?)", .text(id))
            try LedgerChanges(connection: connection, boot: "", chain: chain).append(
                AuditEntry(.auditChain, "a new chain of records begins with a new ledger"))
        }
        return chain
    }
}
