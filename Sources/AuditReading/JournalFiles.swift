internal import Audit
internal import JournalAccess
internal import Syscalls

/// The entries of a journal, in the order that journald keeps.
final class JournalFiles: EntryReader {
    private let journal: JournalHandle
    /// Nil: this machine's.
    private let place: String?
    private var number: UInt64 = 0
    /// The next one forward is the one that this is at.
    private var isAtFirst = false
    /// The index was of no use to tell the records: each entry has to be looked at.
    private var isSieved = false
    /// What came then, or later, is not wanted: microseconds since the epoch, as journald received it.
    var end: UInt64?

    /// This machine's journal, with all its namespaces.
    init() throws(AuditReadingError) {
        try checkRights()
        place = nil
        journal = try opened(nil, .allNamespaces)
        try requireFiles()
    }

    /// A directory of journal files, as /var/log/journal/MACHINE-ID is one.
    init(directory: String) throws(AuditReadingError) {
        place = directory
        journal = try opened(directory, .directory(directory))
        try requireFiles()
    }

    /// These files.
    init(files: [String]) throws(AuditReadingError) {
        // One by one first, so that the error names the one that is at fault.
        for file in files { _ = try opened(file, .files([file])) }
        place = files.first
        journal = try opened(files.first, .files(files))
        try setThreshold()
    }

    private func requireFiles() throws(AuditReadingError) {
        if !journal.hasFiles { throw .noJournal(place) }
        try setThreshold()
    }

    private func setThreshold() throws(AuditReadingError) {
        try telling { (journal) throws(JournalHandle.Failure) in
            try journal.setDataThreshold(EntryFields.fieldBytesMax + 66)
        }
    }

    /// Leaves out what none of these fields has: of one field the values are alternatives, different
    /// fields must all fit.
    func select(_ matches: [AuditMatch]) throws(AuditReadingError) {
        try telling { (journal) throws(JournalHandle.Failure) in
            for match in matches { try journal.match("\(match.field)=\(match.value)") }
        }
    }

    /// Leaves out what is no record of any chain and does not pretend to be one: whatever has a chain
    /// or an event, as far as the journal's index of values tells.
    func selectRecords() throws(AuditReadingError) {
        try telling { (journal) throws(JournalHandle.Failure) in
            var isFirst = true
            for field in [AuditField.chain, AuditField.event] {
                // So many are somebody's mischief. Then everything is looked at.
                guard var values = try journal.values(of: field, limit: Self.valuesMax) else {
                    isSieved = true
                    return journal.forgetMatches()
                }
                if !isFirst { try journal.matchAlternatively() }
                isFirst = false
                // What no entry has, where there is none: no match at all would mean every entry.
                if values.isEmpty { values = [Array("\(field)=".utf8)] }
                for value in values { try journal.match(value) }
            }
        }
    }

    private static let valuesMax = 1_024

    func seek(to time: UInt64) throws(AuditReadingError) {
        try telling { (journal) throws(JournalHandle.Failure) in try journal.seek(to: time) }
    }

    /// Goes to where the last `count` begin, none of them before `since`.
    func seekLast(_ count: Int, since: UInt64?) throws(AuditReadingError) {
        isAtFirst = try telling { (journal) throws(JournalHandle.Failure) in
            try journal.seekTail()
            var passed = 0
            while passed < count {
                if try !journal.previous() {
                    try journal.seekHead()
                    return false
                }
                if let since, let time = journal.time, time < since { return false }
                if isWanted { passed += 1 }
            }
            if count == 0 { _ = try journal.previous() }
            return count > 0
        }
    }

    /// Whether what we are at is a record or says that it is one, where the index has not told it.
    private var isWanted: Bool {
        !isSieved || journal.value(of: AuditField.chain) != nil
            || journal.value(of: AuditField.event) != nil
    }

    /// Others may follow that are not: a clock that was set back.
    private var isBeyondEnd: Bool {
        guard let end, let time = journal.time else { return false }
        return time >= end
    }

    func next(into entry: EntryFields) throws(AuditReadingError) -> Bool {
        repeat {
            if isAtFirst {
                isAtFirst = false
            } else if try !telling({ (journal) throws(JournalHandle.Failure) in
                try journal.next()
            }) {
                return false
            }
        } while !isWanted || isBeyondEnd
        entry.bytes.removeAll(keepingCapacity: true)
        entry.places.removeAll(keepingCapacity: true)
        entry.isCut = false
        entry.realtime = journal.time ?? 0
        number += 1
        entry.number = number
        // What is damaged in a file is not there. Whoever verifies sees that it is not.
        if !journal.forEachField({ append($0, to: entry) }) { entry.isCut = true }
        return true
    }

    private func append(_ data: UnsafeRawBufferPointer, to entry: EntryFields) {
        guard let equals = data.firstIndex(of: UInt8(ascii: "=")), equals <= 64,
            data.count - equals - 1 <= EntryFields.fieldBytesMax,
            EntryFields.keeps(
                fieldOf: data.count, isTrusted: data.first == UInt8(ascii: "_"),
                behind: entry.places.count, bytes: entry.bytes.count)
        else {
            entry.isCut = true
            return
        }
        let start = entry.bytes.count
        entry.bytes.append(contentsOf: data)
        entry.places.append(
            EntryFields.Place(
                name: start..<(start + equals),
                value: (start + equals + 1)..<(start + data.count)))
    }

    /// What to wait for, and how long at most in milliseconds, until there may be more.
    func awaited() throws(AuditReadingError) -> (entry: PollEntry, timeoutMilliseconds: Int64?) {
        try telling { (journal) throws(JournalHandle.Failure) in try journal.awaited() }
    }

    /// Takes note of what happened to the files.
    func process() throws(AuditReadingError) {
        try telling { (journal) throws(JournalHandle.Failure) in try journal.process() }
    }

    /// Says what a failure of the journal's means here.
    private func telling<Result>(
        _ body: (JournalHandle) throws(JournalHandle.Failure) -> Result
    ) throws(AuditReadingError) -> Result {
        do { return try body(journal) } catch {
            throw .journal(place, call: error.call, errno: error.errno)
        }
    }
}

private func opened(
    _ place: String?, _ source: JournalHandle.Source
) throws(AuditReadingError) -> JournalHandle {
    do throws(JournalHandle.Failure) { return try JournalHandle(source) } catch {
        throw .journal(place, call: error.call, errno: error.errno)
    }
}

/// Whether what journald writes for the system can be read: sd_journal_open(3) leaves out what it may
/// not read and says nothing.
private func checkRights() throws(AuditReadingError) {
    for directory in ["/var/log/journal", "/run/log/journal"] {
        // Where a place is not there, the other one is.
        guard let names = try? Directory(opening: directory).names() else { continue }
        for name in names {
            let path = "\(directory)/\(name)/system.journal"
            do throws(SystemCallError) { _ = try open(path) } catch {
                if error.errno == .EACCES || error.errno == .EPERM { throw .notAllowed(path) }
            }
        }
    }
}
