internal import Audit
internal import AuditReading
internal import AuditReview
internal import Crypto
internal import Plan
internal import Recording
internal import Syscalls

/// `bulkhead audit recordings`: what was recorded of sessions, and whether it is as it was.
enum RecordingsCommand {
    static func run(_ words: [String]) -> Int32 {
        // Whoever reads the first line only has the status of all of them.
        guard let _ = try? SignalQueue([.SIGPIPE]) else { return 2 }
        do { return try list(try ReviewOptions(parsing: words)) } catch {
            report(error)
            return error is InvalidValue ? 2 : 1
        }
    }

    /// - Returns: 1 where one is altered or missing; 2 where of one that cannot be said.
    private static func list(_ options: ReviewOptions) throws -> Int32 {
        // All that is told of each, whenever: what is wanted is known of its beginning only.
        var selection = AuditSelection()
        for kind in [AuditKind.sessionOpened, .sessionRecorded, .auditRecordingPruned] {
            selection.matches.append(AuditMatch(AuditField.event, kind.rawValue))
        }
        let source = try AuditSource(options.journals, selection)
        let digest = try Digest()
        var recordings = RecordingList()
        while let entry = try source.next() {
            let event = AuditEvent(entry.fields, received: entry.realtime, hash: digest.hash)
            if let event { recordings.add(event) }
        }
        let medium = standardOutput()
        let wanted = recordings.all { options.filter.includes($0) }
        var wrong = 0
        var unknown = 0
        var isRefused = false
        var isRead = true
        for recording in wanted {
            let found = look(at: recording.path, digest)
            if found == .unreadable(reason: "\(Errno.EACCES)") { isRefused = true }
            let state = recording.state(found)
            if state.isWrong { wrong += 1 }
            if state.isUnknown { unknown += 1 }
            let line =
                options.json
                ? recordingJSON(recording, state) : recordingLine(recording, state, on: medium)
            // The status tells of all of them, also where nobody reads on.
            if isRead { isRead = try say(line) }
        }
        if wrong > 0 { tell("\(wrong) of \(wanted.count)", wrong, "not what was recorded") }
        if unknown > 0 {
            let hint =
                isRefused ? " (hint: the files are for root alone: run it as root)" : ""
            tell("\(unknown) of \(wanted.count)", unknown, "not known to be intact\(hint)")
        }
        return wrong > 0 ? 1 : unknown > 0 ? 2 : 0
    }

    private static func tell(_ which: String, _ count: Int, _ what: String) {
        let line = "bulkhead-audit: \(which) \(count == 1 ? "is" : "are") \(what)\n"
        try? write(allOf: Array(line.utf8), to: 2)
    }

    private static func look(at path: String, _ digest: Digest) -> RecordingList.Found {
        do throws(SystemCallError) {
            let found = try Cast.digest(ofFile: path, digest)
            return .read(bytes: found.bytes, sha256: found.sha256)
        } catch {
            return error.errno == .ENOENT ? .missing : .unreadable(reason: "\(error.errno)")
        }
    }
}
