internal import CSystemdJournal
internal import Plan
public import Syscalls

/// Looks which records the journal of this machine has kept.
public final class JournalPresence {
    private let journal: OpaquePointer

    /// Throws where there is no journal to be read, which is not the same as one that is empty.
    public init() throws(SystemCallError) {
        var journal: OpaquePointer?
        let result = sd_journal_open(&journal, CInt(SD_JOURNAL_LOCAL_ONLY))
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

    @discardableResult
    private func call(_ name: String, _ result: CInt) throws(SystemCallError) -> CInt {
        if result < 0 {
            throw SystemCallError(name, on: "the journal", Errno(rawValue: -result))
        }
        return result
    }
}
