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
    ///   - isUnseenToo: those too that journald is not known to have, which are then nowhere any more; what
    ///     is added says which.
    /// - Returns: how many were taken out.
    public func pruneAudit(
        before: Int64, limit: Int, isUnseenToo: Bool = false
    ) throws(LedgerError) -> Int {
        let confirmed = try auditConfirmed()
        let most = auditTip.sequence - min(auditTip.sequence, 1)
        let last = isUnseenToo ? most : min(confirmed, most)
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
        let range = AuditRanges.text(first.sequence...end.sequence)
        let unseen =
            end.sequence > confirmed
            ? AuditRanges.text(max(first.sequence, confirmed + 1)...end.sequence) : ""
        try transaction(.process) { changes throws(LedgerError) in
            try changes.connection.run("DELETE FROM audit WHERE seq <= ?", .bits(end.sequence))
            try changes.append(
                AuditEntry(
                    .auditPruned,
                    "\(old.count) old records were taken out of the ledger: \(range)"
                        + (unseen.isEmpty ? "" : "; journald is not known to have \(unseen)"),
                    details: [
                        (AuditField.range, range), (AuditField.count, String(old.count)),
                        (AuditField.prunedHash, hexadecimal(end.hash)),
                        (AuditField.prunedEvents, events.joined(separator: " ")),
                        (AuditField.prunedUnseen, unseen),
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
    ///   - kept: numbers of records of the old chain that nobody has seen yet; they come after the first.
    ///   - last: so do all after this one, but for the oldest where they are more than `most`. Heads are left
    ///     out: what they sign is the old chain.
    ///   - most: how many of those after `last`. Moving takes some ten microseconds each, and nothing else
    ///     is done meanwhile.
    public func beginAuditChain(
        _ entry: AuditEntry, keeping kept: [UInt64], after last: UInt64, most: UInt64
    ) throws(LedgerError) {
        let id: String
        do throws(SystemCallError) { id = hexadecimal(try randomBytes(16)) } catch {
            throw .system(error)
        }
        var first = entry
        var start = last
        let end = auditTip.sequence
        if end > last, end - last > most {
            start = end - most
            let range = AuditRanges.text((last + 1)...start)
            first.say(
                "; the old chain's records \(range), which the journal is not known to have, are left out"
            )
            first.add(AuditField.range, range)
            first.add(AuditField.count, String(start - last))
        }
        let next = try AuditChain(id: id, tip: AuditChain.Tip(sequence: 0, hash: AuditHash.none))
        let before = chain
        chain = next
        do throws(LedgerError) {
            try transaction(.power) { changes throws(LedgerError) in
                try changes.setAside(kept, after: start)
                try changes.connection.run("UPDATE audit_chain SET id = ?", .text(id))
                try changes.setAuditConfirmed(0)
                try changes.append(first)
                while try changes.moveSome() {}
            }
        } catch {
            chain = before
            throw error
        }
    }
}

extension LedgerChanges {
    /// Moved at once: what is in memory meanwhile.
    private static let movedAtOnce = 256

    /// Makes room for a new chain: what it will have is numbered below 0 until then, all else is gone.
    fileprivate func setAside(_ kept: [UInt64], after last: UInt64) throws(LedgerError) {
        try connection.run("UPDATE audit SET seq = -seq WHERE seq > ?", .bits(last))
        for sequence in kept where sequence <= last {
            try connection.run("UPDATE audit SET seq = -seq WHERE seq = ?", .bits(sequence))
        }
        try connection.run("DELETE FROM audit WHERE seq >= 0")
    }

    /// The oldest of what was set aside, as the next records.
    ///
    /// - Returns: whether there may be more.
    fileprivate func moveSome() throws(LedgerError) -> Bool {
        let some = try connection.all(
            "SELECT seq, bytes FROM audit WHERE seq < 0 ORDER BY seq DESC LIMIT ?",
            .integer(Int64(Self.movedAtOnce))
        ) { row in (number: row.integer(0), bytes: row.blob(1)) }
        guard let last = some.last else { return false }
        // Whoever sends them reads them from here.
        chain.forgetAdded()
        for record in some { try append(moving: record.bytes) }
        try connection.run(
            "DELETE FROM audit WHERE seq < 0 AND seq >= ?", .integer(last.number))
        return true
    }

    private func append(moving bytes: [UInt8]) throws(LedgerError) {
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
