internal import CSystemdJournal
internal import Plan
internal import Syscalls

/// The journal of this machine, read entry by entry: sd-journal(3).
struct JournalReader: ~Copyable {
    private let journal: OpaquePointer

    init() throws(LogReadingError) {
        var journal: OpaquePointer?
        // Not SD_JOURNAL_SYSTEM: journald keeps what other users write, and init is one of them, in
        // files of their own (journald.conf(5), SplitMode=).
        let result = sd_journal_open(&journal, CInt(SD_JOURNAL_LOCAL_ONLY))
        guard result >= 0, let journal else {
            throw .journal(call: "sd_journal_open", errno: Errno(rawValue: -result))
        }
        self.journal = journal
    }

    deinit { sd_journal_close(journal) }

    /// Whether there is any file to read from.
    var hasFiles: Bool {
        sd_journal_has_persistent_files(journal) > 0 || sd_journal_has_runtime_files(journal) > 0
    }

    /// Leaves out what `LogLine` would refuse, as far as the journal's index can tell.
    func select(_ request: LogRequest) throws(LogReadingError) {
        // Longer data would be given whole, however long: sd_journal_get_data(3). "MESSAGE=" is part
        // of it.
        try call("sd_journal_set_data_threshold") {
            sd_journal_set_data_threshold(journal, LogLine.messageBytesMax + 8)
        }
        guard let project = request.project else {
            // What came over the socket that init and the supervisor write to.
            try match("_TRANSPORT", "journal")
            return
        }
        // Of one field the values are alternatives; different fields must all fit.
        try match("_SYSTEMD_UNIT", LogLine.unit(of: project))
        try match("_SYSTEMD_UNIT", LogLine.supervisorUnit)
        try match("BULKHEAD_PROJECT", project.text)
        if let workload = request.workload { try match("BULKHEAD_WORKLOAD", workload.text) }
        if let run = request.run { try match("BULKHEAD_RUN", run.description) }
    }

    private func match(_ field: StaticString, _ value: String) throws(LogReadingError) {
        let bytes = Array("\(field)=\(value)".utf8)
        try call("sd_journal_add_match") { sd_journal_add_match(journal, bytes, bytes.count) }
    }

    func seekHead() throws(LogReadingError) {
        try call("sd_journal_seek_head") { sd_journal_seek_head(journal) }
    }

    func seekTail() throws(LogReadingError) {
        try call("sd_journal_seek_tail") { sd_journal_seek_tail(journal) }
    }

    func seek(to time: UInt64) throws(LogReadingError) {
        try call("sd_journal_seek_realtime_usec") { sd_journal_seek_realtime_usec(journal, time) }
    }

    /// Goes to the next entry; false where there is none yet.
    func next() throws(LogReadingError) -> Bool {
        try call("sd_journal_next") { sd_journal_next(journal) } > 0
    }

    func previous() throws(LogReadingError) -> Bool {
        try call("sd_journal_previous") { sd_journal_previous(journal) } > 0
    }

    /// Of the entry that the reader is at: microseconds since the epoch.
    var time: UInt64? {
        var time: UInt64 = 0
        return sd_journal_get_realtime_usec(journal, &time) < 0 ? nil : time
    }

    /// The line of the entry that the reader is at; nil where it is none that `request` means.
    func line(for request: LogRequest) -> LogLine? {
        guard let at = time else { return nil }
        let fields = EntryFields(
            unit: field("_SYSTEMD_UNIT"), project: field("BULKHEAD_PROJECT"),
            workload: field("BULKHEAD_WORKLOAD"), run: field("BULKHEAD_RUN"),
            priority: field("PRIORITY"), message: field("MESSAGE"))
        return LogLine(fields, at: at, for: request)
    }

    /// The field's value; nil also where the file is damaged there, as the entry is no line then.
    private func field(_ name: StaticString) -> [UInt8]? {
        var data: UnsafeRawPointer?
        var size = 0
        let found = name.withUTF8Buffer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                sd_journal_get_data(journal, characters.baseAddress!, &data, &size)
            }
        }
        let prefix = name.utf8CodeUnitCount + 1
        guard found >= 0, let data, size >= prefix else { return nil }
        return Array(UnsafeRawBufferPointer(start: data, count: size)[prefix...])
    }

    /// What to wait for, and how long at most in milliseconds, until there may be more.
    func awaited() throws(LogReadingError) -> (entry: PollEntry, timeoutMilliseconds: Int64?) {
        let descriptor = try call("sd_journal_get_fd") { sd_journal_get_fd(journal) }
        let events = try call("sd_journal_get_events") { sd_journal_get_events(journal) }
        var deadline: UInt64 = 0
        try call("sd_journal_get_timeout") { sd_journal_get_timeout(journal, &deadline) }
        let entry = PollEntry(descriptor, PollEntry.Events(rawValue: Int16(events)))
        if deadline == UInt64.max { return (entry, nil) }
        let left = max(Int64(clamping: deadline) - monotonicMicroseconds(), 0)
        return (entry, left / 1_000 + 1)
    }

    /// Takes note of what happened to the files: more entries, or files that came and went.
    func process() throws(LogReadingError) {
        try call("sd_journal_process") { sd_journal_process(journal) }
    }

    @discardableResult
    private func call(
        _ name: String, _ function: () -> CInt
    ) throws(LogReadingError) -> CInt {
        let result = function()
        if result < 0 { throw .journal(call: name, errno: Errno(rawValue: -result)) }
        return result
    }
}
