public import Audit
internal import Plan
internal import Syscalls

/// What is taken out of the audit trail, and what becomes of it where the ledger is not what it was.
extension LedgerStore {
    /// Takes the oldest records out that are older than `before` and that journald is known to have, and
    /// adds one that tells of it: which they were and what the last one's hash was, so that the rest still
    /// has its place in the chain. The last record of all stays.
    ///
    /// - Parameters:
    ///   - before: microseconds since the epoch.
    ///   - limit: how many at most.
    /// - Returns: how many were taken out.
    public func pruneAudit(before: Int64, limit: Int) throws(LedgerError) -> Int {
        let last = min(try auditConfirmed(), auditTip.sequence - min(auditTip.sequence, 1))
        let old = try connection.all(
            "SELECT seq, bytes, hash, at FROM audit WHERE seq <= ? ORDER BY seq LIMIT ?",
            .bits(last), .integer(Int64(limit))
        ) { row in
            (sequence: row.bits(0), bytes: row.blob(1), hash: row.blob(2), at: row.integer(3))
        }.prefix { $0.at < before }
        guard let first = old.first, let end = old.last else { return 0 }
        var counts: [String: Int] = [:]
        for record in old {
            let event = AuditRecord.value(of: AuditField.event, in: record.bytes)
            counts[event ?? "unknown", default: 0] += 1
        }
        let events = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
            "\($0.key)=\($0.value)"
        }
        let range =
            first.sequence == end.sequence
            ? "\(first.sequence)" : "\(first.sequence)-\(end.sequence)"
        try transaction(.process) { changes throws(LedgerError) in
            try changes.connection.run("DELETE FROM audit WHERE seq <= ?", .bits(end.sequence))
            try changes.append(
                AuditEntry(
                    .auditPruned,
                    "\(old.count) old records were taken out of the ledger: \(range)",
                    details: [
                        (AuditField.range, range), (AuditField.count, String(old.count)),
                        (AuditField.prunedHash, hexadecimal(end.hash)),
                        (AuditField.prunedEvents, events.joined(separator: " ")),
                    ]))
        }
        return old.count
    }

    /// The hash of one record; nil where it is not there any more.
    public func auditHash(of sequence: UInt64) throws(LedgerError) -> AuditHash? {
        try connection.first("SELECT hash FROM audit WHERE seq = ?", .bits(sequence)) { row in
            AuditHash(bytes: row.blob(0))
        }
    }

    /// Begins a new chain, in place of one that cannot be continued: the journal has more of it than
    /// the ledger, or something else.
    ///
    /// - Parameters:
    ///   - entry: its first record.
    ///   - kept: records of the old chain that nobody has seen yet; they come after the first. Heads are
    ///     left out: what they sign is the old chain.
    public func beginAuditChain(
        _ entry: AuditEntry, keeping kept: [StoredAuditRecord]
    ) throws(LedgerError) {
        let id: String
        do throws(SystemCallError) { id = hexadecimal(try randomBytes(16)) } catch {
            throw .system(error)
        }
        let next = try AuditChain(id: id, tip: AuditChain.Tip(sequence: 0, hash: AuditHash.none))
        let before = chain
        chain = next
        do throws(LedgerError) {
            try transaction(.power) { changes throws(LedgerError) in
                try changes.connection.run("DELETE FROM audit")
                try changes.connection.run("UPDATE audit_chain SET id = ?", .text(id))
                try changes.setAuditConfirmed(0)
                try changes.append(entry)
                for record in kept { try changes.append(moving: record.bytes) }
            }
        } catch {
            chain = before
            throw error
        }
    }
}

extension LedgerChanges {
    fileprivate func append(moving bytes: [UInt8]) throws(LedgerError) {
        switch AuditRecord.value(of: AuditField.event, in: bytes) {
        case AuditKind.auditHead.rawValue, AuditKind.auditChain.rawValue: return
        default: break
        }
        guard let record = chain.extend(moving: bytes),
            let at = AuditRecord.value(of: AuditField.at, in: bytes).flatMap({ Int64($0) })
        else { return }
        try connection.run(
            "INSERT INTO audit VALUES (?, ?, ?, ?)", .bits(record.sequence), .integer(at),
            .blob(record.bytes), .blob(record.hash.bytes))
    }
}
