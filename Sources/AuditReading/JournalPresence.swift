public import Audit
internal import JournalAccess
internal import Plan
public import Syscalls

/// Looks which records the journal of this machine has kept.
public final class JournalPresence {
    private let journal: JournalHandle

    /// Throws where there is no journal to be read, which is not the same as one that is empty.
    ///
    /// - Parameter namespace: `LogNamespace=` of systemd.exec(5); nil: the one that all have.
    public init(namespace: String? = nil) throws(SystemCallError) {
        journal = try telling { () throws(JournalHandle.Failure) in
            try JournalHandle(namespace.map { .namespace($0) } ?? .local)
        }
        if !journal.hasFiles {
            throw SystemCallError("sd_journal_open", on: "the journal", .ENOENT)
        }
    }

    /// Whether an entry of root's has this field, as it is: `BULKHEAD_HASH=…`.
    public func hasEntry(with field: String) throws(SystemCallError) -> Bool {
        var isThere = false
        try search([field]) {
            isThere = true
            return false
        }
        return isThere
    }

    /// The record of a chain with the highest number, among those that came last.
    public func end(
        ofChain chain: String
    ) throws(SystemCallError) -> (sequence: UInt64, hash: AuditHash)? {
        var end: (sequence: UInt64, hash: AuditHash)?
        try search([AuditField.chain + "=" + chain]) {
            if let sequence = text(of: AuditField.sequence).flatMap({ UInt64($0) }),
                let hash = text(of: AuditField.hash).flatMap({ AuditHash(text: $0) }),
                sequence > end?.sequence ?? 0
            {
                end = (sequence, hash)
            }
            return true
        }
        return end
    }

    /// The chain of the last head or beginning that is of another one; of any where `chain` is nil.
    public func lastChain(otherThan chain: String?) throws(SystemCallError) -> String? {
        var found: String?
        let kinds = [AuditKind.auditHead, .auditChain].map {
            AuditField.event + "=" + $0.rawValue
        }
        try search(kinds) {
            guard let name = text(of: AuditField.chain), name != chain, name.utf8.count == 32,
                decodedHex(name.utf8) != nil
            else { return true }
            found = name
            return false
        }
        return found
    }

    /// Calls `look` at root's entries with one of these fields, the last one first, until it says false.
    private func search(_ fields: [String], _ look: () -> Bool) throws(SystemCallError) {
        let journal = journal
        try telling { () throws(JournalHandle.Failure) in
            journal.forgetMatches()
            for field in fields + ["_UID=0"] { try journal.match(field) }
            try journal.seekTail()
            for _ in 0..<Self.entriesMax {
                if try !journal.previous() || !look() { return }
            }
        }
    }

    /// What was sent once more stands later than what came after it, by no more than a supervisor looks up.
    private static let entriesMax = 4_096

    private func text(of field: String) -> String? {
        journal.value(of: field).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Says what a failure of the journal's means to a program that is asked for a status only.
private func telling<Result>(
    _ body: () throws(JournalHandle.Failure) -> Result
) throws(SystemCallError) -> Result {
    do { return try body() } catch {
        throw SystemCallError(error.call, on: "the journal", error.errno)
    }
}
