internal import JournalAccess
internal import Plan
internal import Syscalls

/// The journal of this machine, read line by line.
struct JournalReader: ~Copyable {
    private let journal: JournalHandle

    init() throws(LogReadingError) {
        do throws(JournalHandle.Failure) { journal = try JournalHandle(.local) } catch {
            throw .journal(call: error.call, errno: error.errno)
        }
    }

    /// Whether there is any file to read from.
    var hasFiles: Bool { journal.hasFiles }

    /// Leaves out what `LogLine` would refuse, as far as the journal's index can tell.
    func select(_ request: LogRequest) throws(LogReadingError) {
        try telling { (journal) throws(JournalHandle.Failure) in
            // "MESSAGE=" is part of it.
            try journal.setDataThreshold(LogLine.messageBytesMax + 8)
            guard let project = request.project else {
                // What came over the socket that init and the supervisor write to.
                return try journal.match("_TRANSPORT=journal")
            }
            try journal.match("_SYSTEMD_UNIT=\(LogLine.unit(of: project))")
            try journal.match("_SYSTEMD_UNIT=\(LogLine.supervisorUnit)")
            try journal.match("BULKHEAD_PROJECT=\(project.text)")
            if let workload = request.workload {
                try journal.match("BULKHEAD_WORKLOAD=\(workload.text)")
            }
            if let run = request.run { try journal.match("BULKHEAD_RUN=\(run)") }
        }
    }

    func seekHead() throws(LogReadingError) {
        try telling { (journal) throws(JournalHandle.Failure) in try journal.seekHead() }
    }

    func seekTail() throws(LogReadingError) {
        try telling { (journal) throws(JournalHandle.Failure) in try journal.seekTail() }
    }

    func seek(to time: UInt64) throws(LogReadingError) {
        try telling { (journal) throws(JournalHandle.Failure) in try journal.seek(to: time) }
    }

    /// Goes to the next entry; false where there is none yet.
    func next() throws(LogReadingError) -> Bool {
        try telling { (journal) throws(JournalHandle.Failure) in try journal.next() }
    }

    func previous() throws(LogReadingError) -> Bool {
        try telling { (journal) throws(JournalHandle.Failure) in try journal.previous() }
    }

    /// Of the entry that the reader is at: microseconds since the epoch.
    var time: UInt64? { journal.time }

    /// The line of the entry that the reader is at; nil where it is none that `request` means.
    func line(for request: LogRequest) -> LogLine? {
        guard let at = time else { return nil }
        let fields = EntryFields(
            unit: journal.value(of: "_SYSTEMD_UNIT"),
            project: journal.value(of: "BULKHEAD_PROJECT"),
            workload: journal.value(of: "BULKHEAD_WORKLOAD"),
            run: journal.value(of: "BULKHEAD_RUN"), priority: journal.value(of: "PRIORITY"),
            message: journal.value(of: "MESSAGE"))
        return LogLine(fields, at: at, for: request)
    }

    /// What to wait for, and how long at most in milliseconds, until there may be more.
    func awaited() throws(LogReadingError) -> (entry: PollEntry, timeoutMilliseconds: Int64?) {
        try telling { (journal) throws(JournalHandle.Failure) in try journal.awaited() }
    }

    /// Takes note of what happened to the files: more entries, or files that came and went.
    func process() throws(LogReadingError) {
        try telling { (journal) throws(JournalHandle.Failure) in try journal.process() }
    }

    /// Says what a failure of the journal's means here.
    private func telling<Result>(
        _ body: (JournalHandle) throws(JournalHandle.Failure) -> Result
    ) throws(LogReadingError) -> Result {
        do { return try body(journal) } catch {
            throw .journal(call: error.call, errno: error.errno)
        }
    }
}
