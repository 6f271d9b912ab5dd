public import Audit
internal import CSystemdJournal
internal import Plan
public import Syscalls

/// Looks which records the journal of this machine has kept.
public final class JournalPresence {
    private let journal: OpaquePointer

    /// Throws where there is no journal to be read, which is not the same as one that is empty.
    ///
    /// - Parameter namespace: `LogNamespace=` of systemd.exec(5); nil: the one that all have.
    public init(namespace: String? = nil) throws(SystemCallError) {
        var journal: OpaquePointer?
        let result = sd_journal_open_namespace(
            &journal, namespace, CInt(SD_JOURNAL_LOCAL_ONLY))
        guard result >= 0, let journal else {
            throw SystemCallError("sd_journal_open", on: "the journal", Errno(rawValue: -result))
        }
        self.journal = journal
        if sd_journal_has_persistent_files(journal) <= 0, sd_journal_has_runtime_files(journal) <= 0
        {
            throw SystemCallError("sd_journal_open", on: "the journal", .ENOENT)
        }
    }

    deinit { sd_journal_close(journal) }

    /// Whether an entry of root's has this field, as it is: `BULKHEAD_HASH=…`.
    public func hasEntry(with field: String) throws(SystemCallError) -> Bool {
        let match = Array(field.utf8)
        let root = Array("_UID=0".utf8)
        sd_journal_flush_matches(journal)
        try call("sd_journal_add_match", sd_journal_add_match(journal, match, match.count))
        try call("sd_journal_add_match", sd_journal_add_match(journal, root, root.count))
        try call("sd_journal_seek_tail", sd_journal_seek_tail(journal))
        return try call("sd_journal_previous", sd_journal_previous(journal)) > 0
    }

    /// The record of a chain with the highest number, among those that came last.
    public func end(
        ofChain chain: String
    ) throws(SystemCallError) -> (sequence: UInt64, hash: AuditHash)? {
        var end: (sequence: UInt64, hash: AuditHash)?
        try search([AuditField.chain + "=" + chain]) {
            if let sequence = value(of: AuditField.sequence).flatMap({ UInt64($0) }),
                let hash = value(of: AuditField.hash).flatMap({ AuditHash(text: $0) }),
                sequence > end?.sequence ?? 0
            {
                end = (sequence, hash)
            }
            return true
        }
        return end
    }

    /// The chain of the last head or beginning that is of another one.
    public func lastChain(otherThan chain: String) throws(SystemCallError) -> String? {
        var found: String?
        let kinds = [AuditKind.auditHead, .auditChain].map {
            AuditField.event + "=" + $0.rawValue
        }
        try search(kinds) {
            guard let name = value(of: AuditField.chain), name != chain, name.utf8.count == 32,
                decodedHex(name.utf8) != nil
            else { return true }
            found = name
            return false
        }
        return found
    }

    /// Calls `look` at root's entries with one of these fields, the last one first, until it says false.
    private func search(_ fields: [String], _ look: () -> Bool) throws(SystemCallError) {
        sd_journal_flush_matches(journal)
        // Of one field any value will do, of two fields both must be there: sd_journal_add_match(3).
        for field in fields + ["_UID=0"] {
            let match = Array(field.utf8)
            try call("sd_journal_add_match", sd_journal_add_match(journal, match, match.count))
        }
        try call("sd_journal_seek_tail", sd_journal_seek_tail(journal))
        for _ in 0..<Self.entriesMax {
            if try call("sd_journal_previous", sd_journal_previous(journal)) == 0 || !look() {
                return
            }
        }
    }

    /// What was sent once more stands later than what came after it, by no more than a supervisor looks up.
    private static let entriesMax = 4_096

    /// The value of a field of the entry that we are at.
    private func value(of field: String) -> String? {
        var data: UnsafeRawPointer?
        var count = 0
        guard sd_journal_get_data(journal, field, &data, &count) >= 0, let data else { return nil }
        let bytes = UnsafeRawBufferPointer(start: data, count: count).dropFirst(
            field.utf8.count + 1)
        return String(decoding: bytes, as: UTF8.self)
    }

    @discardableResult
    private func call(_ name: String, _ result: CInt) throws(SystemCallError) -> CInt {
        if result < 0 {
            throw SystemCallError(name, on: "the journal", Errno(rawValue: -result))
        }
        return result
    }
}
