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
        do { return try list(try ReviewOptions(parsing: words)) } catch {
            report(error)
            return error is InvalidValue ? 2 : 1
        }
    }

    /// - Returns: 1 where one is altered or missing.
    private static func list(_ options: ReviewOptions) throws -> Int32 {
        var selection = AuditSelection(since: options.filter.since.map { UInt64(max($0, 0)) })
        for kind in [AuditKind.sessionOpened, .sessionRecorded, .auditRecordingPruned] {
            selection.matches.append(AuditMatch(AuditField.event, kind.rawValue))
        }
        let source = try AuditSource(options.journals, selection)
        let digest = try Digest()
        var recordings = RecordingList()
        while let entry = try source.next() {
            let event = AuditEvent(entry.fields, received: entry.realtime, hash: digest.hash)
            guard let event else { continue }
            // What tells of a deletion names no project.
            if event.kind != .auditRecordingPruned && !options.filter.includes(event) { continue }
            recordings.add(event)
        }
        let medium = standardOutput()
        var wrong = 0
        for recording in recordings.all {
            let state = recording.state(look(at: recording.path, digest))
            if state.isWrong { wrong += 1 }
            let line =
                options.json
                ? recordingJSON(recording, state) : recordingLine(recording, state, on: medium)
            if try !say(line) { return 0 }
        }
        if wrong == 0 { return 0 }
        let verb = wrong == 1 ? "is" : "are"
        try? write(
            allOf: Array(
                "bulkhead-audit: \(wrong) of \(recordings.all.count) \(verb) not what was recorded\n"
                    .utf8
            ), to: 2)
        return 1
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
