internal import Audit
internal import CSystemdJournal
internal import Syscalls

/// The entries of a journal, in the order that journald keeps: sd-journal(3).
final class JournalFiles: EntryReader {
    private let journal: OpaquePointer
    /// Nil: this machine's.
    private let place: String?
    private var number: UInt64 = 0
    private var isBackward = false

    /// This machine's journal, with all its namespaces.
    init() throws(AuditReadingError) {
        try checkRights()
        place = nil
        journal = try opened(nil) {
            // Not SD_JOURNAL_SYSTEM: what pretends to be a record may be in any user's file.
            sd_journal_open_namespace(
                &$0, nil, CInt(SD_JOURNAL_LOCAL_ONLY) | CInt(SD_JOURNAL_ALL_NAMESPACES))
        }
        try requireFiles()
    }

    /// A directory of journal files, as /var/log/journal/MACHINE-ID is one.
    init(directory: String) throws(AuditReadingError) {
        place = directory
        journal = try opened(directory) { sd_journal_open_directory(&$0, directory, 0) }
        try requireFiles()
    }

    /// These files.
    init(files: [String]) throws(AuditReadingError) {
        // One by one first, so that the error names the one that is at fault.
        for file in files {
            sd_journal_close(try opened(file) { openFiles([file], &$0) })
        }
        place = files.first
        journal = try opened(files.first) { openFiles(files, &$0) }
        try setThreshold()
    }

    deinit { sd_journal_close(journal) }

    private func requireFiles() throws(AuditReadingError) {
        if sd_journal_has_persistent_files(journal) <= 0
            && sd_journal_has_runtime_files(journal) <= 0
        {
            throw .noJournal(place)
        }
        try setThreshold()
    }

    private func setThreshold() throws(AuditReadingError) {
        // Longer data would be given whole, however long: sd_journal_get_data(3).
        try call("sd_journal_set_data_threshold") {
            sd_journal_set_data_threshold(journal, EntryFields.fieldBytesMax + 66)
        }
    }

    /// Leaves out what none of these fields has: of one field the values are alternatives, different
    /// fields must all fit.
    func select(_ matches: [AuditMatch]) throws(AuditReadingError) {
        for match in matches {
            let bytes = Array("\(match.field)=\(match.value)".utf8)
            try call("sd_journal_add_match") { sd_journal_add_match(journal, bytes, bytes.count) }
        }
    }

    /// Leaves out what is no record of any chain and does not pretend to be one: whatever has a chain
    /// or an event, as far as the journal's index of values tells.
    func selectRecords() throws(AuditReadingError) {
        var isFirst = true
        for field in [AuditField.chain, AuditField.event] {
            try call("sd_journal_query_unique") { sd_journal_query_unique(journal, field) }
            sd_journal_restart_unique(journal)
            var values: [[UInt8]] = []
            var data: UnsafeRawPointer?
            var size = 0
            while try call(
                "sd_journal_enumerate_available_unique",
                { sd_journal_enumerate_available_unique(journal, &data, &size) }) > 0
            {
                if let data {
                    values.append(Array(UnsafeRawBufferPointer(start: data, count: size)))
                }
                // So many are somebody's mischief. Then everything is read.
                if values.count > Self.valuesMax {
                    sd_journal_flush_matches(journal)
                    return
                }
            }
            if !isFirst {
                try call("sd_journal_add_disjunction") { sd_journal_add_disjunction(journal) }
            }
            isFirst = false
            // What no entry has, where there is none: no match at all would mean every entry.
            if values.isEmpty { values = [Array("\(field)=".utf8)] }
            for value in values {
                try call("sd_journal_add_match") {
                    sd_journal_add_match(journal, value, value.count)
                }
            }
        }
    }

    private static let valuesMax = 1_024

    func seek(to time: UInt64) throws(AuditReadingError) {
        try call("sd_journal_seek_realtime_usec") { sd_journal_seek_realtime_usec(journal, time) }
    }

    /// Goes to where the last `count` begin, none of them before `since`.
    func seekLast(_ count: Int, since: UInt64?) throws(AuditReadingError) {
        try call("sd_journal_seek_tail") { sd_journal_seek_tail(journal) }
        var passed = 0
        while passed < count {
            if try call("sd_journal_previous", { sd_journal_previous(journal) }) == 0 {
                try call("sd_journal_seek_head") { sd_journal_seek_head(journal) }
                return
            }
            var time: UInt64 = 0
            if let since, sd_journal_get_realtime_usec(journal, &time) >= 0, time < since {
                return
            }
            passed += 1
        }
        // The next one forward is to be the one that this is at.
        isAtFirst = count > 0
        if count == 0 { _ = try call("sd_journal_previous", { sd_journal_previous(journal) }) }
    }

    private var isAtFirst = false

    func next(into entry: EntryFields) throws(AuditReadingError) -> Bool {
        if isAtFirst {
            isAtFirst = false
        } else if try call("sd_journal_next", { sd_journal_next(journal) }) == 0 {
            return false
        }
        entry.bytes.removeAll(keepingCapacity: true)
        entry.places.removeAll(keepingCapacity: true)
        entry.isCut = false
        var time: UInt64 = 0
        entry.realtime = sd_journal_get_realtime_usec(journal, &time) < 0 ? 0 : time
        number += 1
        entry.number = number
        sd_journal_restart_data(journal)
        var data: UnsafeRawPointer?
        var size = 0
        while true {
            let result = sd_journal_enumerate_available_data(journal, &data, &size)
            if result == 0 { return true }
            // What is damaged in a file is not there. Whoever verifies sees that it is not.
            guard result > 0, let data else {
                entry.isCut = true
                return true
            }
            append(UnsafeRawBufferPointer(start: data, count: size), to: entry)
        }
    }

    private func append(_ data: UnsafeRawBufferPointer, to entry: EntryFields) {
        guard let equals = data.firstIndex(of: UInt8(ascii: "=")), equals <= 64,
            data.count - equals - 1 <= EntryFields.fieldBytesMax,
            entry.bytes.count + data.count <= EntryFields.entryBytesMax,
            entry.places.count < EntryFields.fieldsMax
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
        let descriptor = try call("sd_journal_get_fd") { sd_journal_get_fd(journal) }
        let events = try call("sd_journal_get_events") { sd_journal_get_events(journal) }
        var deadline: UInt64 = 0
        try call("sd_journal_get_timeout") { sd_journal_get_timeout(journal, &deadline) }
        let entry = PollEntry(descriptor, PollEntry.Events(rawValue: Int16(events)))
        if deadline == UInt64.max { return (entry, nil) }
        return (entry, max(Int64(clamping: deadline) - monotonicMicroseconds(), 0) / 1_000 + 1)
    }

    /// Takes note of what happened to the files.
    func process() throws(AuditReadingError) {
        try call("sd_journal_process") { sd_journal_process(journal) }
    }

    @discardableResult
    private func call(
        _ name: String, _ function: () -> CInt
    ) throws(AuditReadingError) -> CInt {
        let result = function()
        if result < 0 { throw .journal(place, call: name, errno: Errno(rawValue: -result)) }
        return result
    }
}

private func opened(
    _ place: String?, _ open: (inout OpaquePointer?) -> CInt
) throws(AuditReadingError) -> OpaquePointer {
    var journal: OpaquePointer?
    let result = open(&journal)
    guard result >= 0, let journal else {
        throw .journal(place, call: "sd_journal_open", errno: Errno(rawValue: -result))
    }
    return journal
}

private func openFiles(_ files: [String], _ journal: inout OpaquePointer?) -> CInt {
    // A list of C strings with a null at its end, all in one run of bytes.
    var bytes: [CChar] = []
    var starts: [Int] = []
    for file in files {
        starts.append(bytes.count)
        bytes += file.utf8CString
    }
    return bytes.withUnsafeBufferPointer { text in
        var pointers: [UnsafePointer<CChar>?] = starts.map { start in
            text.baseAddress.map { $0 + start }
        }
        pointers.append(nil)
        return sd_journal_open_files(&journal, &pointers, 0)
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
