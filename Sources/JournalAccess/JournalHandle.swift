internal import CSystemdJournal
public import Syscalls

/// Journal files, opened to be read entry by entry: sd-journal(3). Which entries mean what is for others to
/// say.
public final class JournalHandle {
    private let journal: OpaquePointer

    /// A function of sd-journal(3) that failed.
    public struct Failure: Error, Hashable, Sendable {
        public let call: String
        public let errno: Errno
    }

    public enum Source: Hashable, Sendable {
        /// This machine's, without the namespaces of journald.
        case local
        /// This machine's, of one namespace: `LogNamespace=` of systemd.exec(5).
        case namespace(String)
        case allNamespaces
        /// As /var/log/journal/MACHINE-ID is one.
        case directory(String)
        case files([String])
    }

    // Never SD_JOURNAL_SYSTEM: journald keeps what other users write in files of their own
    // (journald.conf(5), SplitMode=), and init is one of them, as may be what pretends to be a record.
    public init(_ source: Source) throws(Failure) {
        var journal: OpaquePointer?
        let local = CInt(SD_JOURNAL_LOCAL_ONLY)
        let result =
            switch source {
            case .local: sd_journal_open(&journal, local)
            case .namespace(let name): sd_journal_open_namespace(&journal, name, local)
            case .allNamespaces:
                sd_journal_open_namespace(
                    &journal, nil, local | CInt(SD_JOURNAL_ALL_NAMESPACES))
            case .directory(let path): sd_journal_open_directory(&journal, path, 0)
            case .files(let paths): Self.open(paths, &journal)
            }
        guard result >= 0, let journal else {
            throw Failure(call: "sd_journal_open", errno: Errno(rawValue: -result))
        }
        self.journal = journal
    }

    private static func open(_ files: [String], _ journal: inout OpaquePointer?) -> CInt {
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

    deinit { sd_journal_close(journal) }

    /// Whether there is any file to read from.
    public var hasFiles: Bool {
        sd_journal_has_persistent_files(journal) > 0 || sd_journal_has_runtime_files(journal) > 0
    }

    /// Longer data may be given cut; without a threshold it is given whole, however long:
    /// sd_journal_get_data(3). The field's name and `=` count.
    public func setDataThreshold(_ bytes: Int) throws(Failure) {
        try check("sd_journal_set_data_threshold", sd_journal_set_data_threshold(journal, bytes))
    }

    // MARK: Matches

    /// Leaves out what has not this field, `NAME=VALUE`. Of one field the values are alternatives; different
    /// fields must all fit: sd_journal_add_match(3).
    public func match(_ field: [UInt8]) throws(Failure) {
        try check("sd_journal_add_match", sd_journal_add_match(journal, field, field.count))
    }

    public func match(_ field: String) throws(Failure) { try match(Array(field.utf8)) }

    /// What is matched from here on is an alternative to all before.
    public func matchAlternatively() throws(Failure) {
        try check("sd_journal_add_disjunction", sd_journal_add_disjunction(journal))
    }

    public func forgetMatches() { sd_journal_flush_matches(journal) }

    /// All values that a field has anywhere, each as `NAME=VALUE`; nil where they are more than `limit`.
    public func values(of field: String, limit: Int) throws(Failure) -> [[UInt8]]? {
        try check("sd_journal_query_unique", sd_journal_query_unique(journal, field))
        sd_journal_restart_unique(journal)
        var values: [[UInt8]] = []
        var data: UnsafeRawPointer?
        var size = 0
        while try check(
            "sd_journal_enumerate_available_unique",
            sd_journal_enumerate_available_unique(journal, &data, &size)) > 0
        {
            if let data { values.append(Array(UnsafeRawBufferPointer(start: data, count: size))) }
            if values.count > limit { return nil }
        }
        return values
    }

    // MARK: Places

    public func seekHead() throws(Failure) {
        try check("sd_journal_seek_head", sd_journal_seek_head(journal))
    }

    public func seekTail() throws(Failure) {
        try check("sd_journal_seek_tail", sd_journal_seek_tail(journal))
    }

    /// - Parameter time: microseconds since the epoch.
    public func seek(to time: UInt64) throws(Failure) {
        try check("sd_journal_seek_realtime_usec", sd_journal_seek_realtime_usec(journal, time))
    }

    /// Goes to the next entry; false where there is none yet.
    public func next() throws(Failure) -> Bool {
        try check("sd_journal_next", sd_journal_next(journal)) > 0
    }

    public func previous() throws(Failure) -> Bool {
        try check("sd_journal_previous", sd_journal_previous(journal)) > 0
    }

    // MARK: The entry that we are at

    /// Microseconds since the epoch.
    public var time: UInt64? {
        var time: UInt64 = 0
        return sd_journal_get_realtime_usec(journal, &time) < 0 ? nil : time
    }

    /// The field's value; nil also where the file is damaged there.
    public func value(of field: String) -> [UInt8]? {
        var data: UnsafeRawPointer?
        var size = 0
        let prefix = field.utf8.count + 1
        guard sd_journal_get_data(journal, field, &data, &size) >= 0, let data, size >= prefix
        else { return nil }
        return Array(UnsafeRawBufferPointer(start: data, count: size)[prefix...])
    }

    /// Shows each field, `NAME=VALUE`, where it is only for the moment.
    ///
    /// - Returns: false where the file is damaged there, and not all were shown.
    public func forEachField(_ look: (UnsafeRawBufferPointer) -> Void) -> Bool {
        sd_journal_restart_data(journal)
        var data: UnsafeRawPointer?
        var size = 0
        while true {
            let result = sd_journal_enumerate_available_data(journal, &data, &size)
            if result == 0 { return true }
            guard result > 0, let data else { return false }
            look(UnsafeRawBufferPointer(start: data, count: size))
        }
    }

    // MARK: What comes

    /// What to wait for, and how long at most in milliseconds, until there may be more.
    public func awaited() throws(Failure) -> (entry: PollEntry, timeoutMilliseconds: Int64?) {
        let descriptor = try check("sd_journal_get_fd", sd_journal_get_fd(journal))
        let events = try check("sd_journal_get_events", sd_journal_get_events(journal))
        var deadline: UInt64 = 0
        try check("sd_journal_get_timeout", sd_journal_get_timeout(journal, &deadline))
        let entry = PollEntry(descriptor, PollEntry.Events(rawValue: Int16(events)))
        if deadline == UInt64.max { return (entry, nil) }
        let left = max(Int64(clamping: deadline) - monotonicMicroseconds(), 0)
        return (entry, left / 1_000 + 1)
    }

    /// Takes note of what happened to the files: more entries, or files that came and went.
    public func process() throws(Failure) {
        try check("sd_journal_process", sd_journal_process(journal))
    }

    @discardableResult
    private func check(_ call: String, _ result: CInt) throws(Failure) -> CInt {
        if result < 0 { throw Failure(call: call, errno: Errno(rawValue: -result)) }
        return result
    }
}
