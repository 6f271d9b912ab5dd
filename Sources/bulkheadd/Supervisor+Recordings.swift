internal import Audit
internal import Configuration
internal import EventLoop
internal import JSONTree
internal import Journal
internal import Launch
internal import Ledger
internal import Plan
internal import Recording
internal import Supervision
internal import Syscalls
internal import VarlinkWire

/// What sessions show and are given, written down where the configuration wants it: begun before the
/// session is, recorded with its digest when it is over, and no session goes on without.
extension Supervisor {
    private static let readOnlyByRoot: UInt32 = 0o600
    /// More than the SHA-256 of the largest recording takes, in microseconds.
    private static let digestMax: Int64 = 900_000_000

    /// What is recorded of sessions from now on.
    var sessionRecording: AuditSettings.SessionRecording { trail.settings.recordSessions }

    func recordingPath(_ name: String) -> String { "\(options.recordings)/\(name)" }

    /// As the record of a session's beginning has it.
    func recordingWords(
        _ recorder: HeldRecorder?
    ) -> (name: String, path: String, extent: String)? {
        recorder.map { ($0.name, recordingPath($0.name), sessionRecording.rawValue) }
    }

    /// Begins the recording of a session that is about to be; nil where none is wanted.
    ///
    /// - Parameter window: of its terminal; nil: it has none.
    func beginRecording(
        of run: RunID, _ project: ProjectName, _ workload: WorkloadName, command: String,
        by actor: String, window: (rows: UInt16, columns: UInt16)?
    ) throws -> HeldRecorder? {
        if sessionRecording == .none { return nil }
        let now = realtimeNanoseconds() / 1_000
        let name = "\(project)-\(run)-\(now).cast"
        let path = recordingPath(name)
        do throws(SystemCallError) {
            let file = try open(
                path, [.writeOnly, .create, .exclusive, .append, .noFollow],
                mode: Self.readOnlyByRoot)
            do throws(SystemCallError) {
                try file.writeAll(
                    Cast.header(
                        size: window, at: now / 1_000_000,
                        title: "\(project)/\(workload), run \(run), for \(actor)", command: command)
                )
                let order = RecorderOrder(
                    recordsInput: sessionRecording == .all,
                    sizeMax: Int64(clamping: trail.settings.recordingMax.count),
                    began: monotonicMicroseconds())
                return try HeldRecorder.start(name, order, file, window: window)
            } catch {
                removeRecording(name)
                throw error
            }
        } catch {
            throw Failure.failed(
                "the session cannot be recorded in \(path): \(error.errno)",
                hint: "make room for it, or set global.audit.record_sessions to none")
        }
    }

    /// Nothing came of the session.
    func cancelRecording(_ recorder: HeldRecorder?) {
        guard let recorder else { return }
        recorder.cancel()
        removeRecording(recorder.name)
    }

    private func removeRecording(_ name: String) {
        // What cannot be removed is an empty recording that nothing refers to.
        do {
            try Directory(open("/", .path)).removeFile(String(recordingPath(name).dropFirst()))
        } catch { say(name, error) }
    }

    private func say(_ name: String, _ error: SystemCallError) {
        journal.say(
            "recording \(recordingPath(name)): \(error)", severity: .error,
            kind: "supervisor.failure")
    }

    /// From now on it is known: its session is written down.
    func hold(_ recorder: HeldRecorder?, of run: HeldRun) throws(SystemCallError) {
        guard let recorder else { return }
        run.recorder = recorder
        recorders[recorder.name] = recorder
        try recorder.watch(loop) { [unowned self] in recorderEnded(recorder.name) }
    }

    /// Puts it between a caller's streams and those of what will run.
    func stand(
        _ recorder: HeldRecorder, between streams: RunStreams
    ) throws(Failure) -> (streams: RunStreams, held: [PassedDescriptor]) {
        do throws(SystemCallError) {
            return try recorder.stand(between: streams, recordsInput: sessionRecording == .all)
        } catch {
            throw Failure.failed(
                "the session cannot be recorded: \(error.errno)",
                hint: "try again; see global.audit in bulkhead.yaml(5)")
        }
    }

    /// For the caller: what of the session is recorded.
    func recordedWord(of run: HeldRun) -> JSON? {
        run.recorder == nil ? nil : .string(sessionRecording.rawValue)
    }

    // MARK: Its end

    /// After a start: what is recorded still, and what of it ended without us.
    func resumeRecordings() throws {
        for row in try ledger.openRecordings() {
            do throws(SystemCallError) {
                // A lock is asked for on what is open for writing.
                let file = try open(recordingPath(row.name), [.readWrite, .noFollow])
                guard let recorder = try HeldRecorder.adopted(row.name, file) else {
                    recordingEnded(row)
                    continue
                }
                recorders[row.name] = recorder
                runs[row.run]?.recorder = recorder
                try recorder.watch(loop) { [unowned self] in recorderEnded(row.name) }
            } catch { recordingEnded(row) }
        }
    }

    private func recorderEnded(_ name: String) {
        recorders[name] = nil
        do throws(LedgerError) {
            guard let row = try ledger.openRecordings().first(where: { $0.name == name }) else {
                return
            }
            recordingEnded(row)
        } catch { journal.report(error) }
    }

    private func recordingEnded(_ row: RecordingRow) {
        let end = recordingEnd(row.name)
        if let run = runs[row.run] {
            run.recorder = nil
            if end != .complete { endUnrecorded(row, run, end) }
            if row.kind != .exec { terminalIsFree(run) }
        }
        do throws(SystemCallError) {
            digests[row.name] = try AskedHelper.start(
                loop, "/proc/self/exe", ["bulkheadd", "--digest", recordingPath(row.name)], .output,
                limit: Self.digestMax
            ) { [unowned self] helper in
                digests[row.name] = nil
                record(row, end, helper.outcome().answer)
            }
        } catch {
            // The next start does it.
            say(row.name, error)
        }
    }

    /// How far its file goes.
    private func recordingEnd(_ name: String) -> Cast.End? {
        var tail = [UInt8](repeating: 0, count: Cast.endBytesMax)
        do throws(SystemCallError) {
            let file = try open(recordingPath(name), [.readOnly, .noFollow])
            let size = try file.seekToEnd()
            let count = try file.read(into: &tail, at: max(size - Int64(tail.count), 0))
            return Cast.end(in: Array(tail.prefix(count)))
        } catch { return nil }
    }

    /// Nobody goes on in a session that is not recorded.
    private func endUnrecorded(_ row: RecordingRow, _ run: HeldRun, _ end: Cast.End?) {
        let isOpen = (try? ledger.openSessions().contains { $0.id == row.session }) ?? true
        if !isOpen { return }
        let reason =
            end == .full
            ? "its recording is as large as it may be, \(trail.settings.recordingMax)"
            : "it is not recorded any more: its recorder was ended, or could not write"
        closeSessions(of: run.id, [row.kind], "unrecorded", reason)
        if row.kind == .attach {
            return expel(
                from: run,
                .failed(
                    "the session at \(run.project)/\(run.workload) is over: \(reason)",
                    hint: "the workload goes on; see global.audit in bulkhead.yaml(5)"))
        }
        run.attachedConnection = nil
        hangUp(run, cause: "its session is over: \(reason)")
    }

    /// - Parameter answer: of the helper: the size and the digest, or nothing.
    private func record(_ row: RecordingRow, _ end: Cast.End?, _ answer: [UInt8]) {
        let words = answer.split(separator: UInt8(ascii: " ")).map {
            String(decoding: $0, as: UTF8.self)
        }
        let isRead = words.count == 2
        let how =
            switch end {
            case _ where !isRead: "cannot be read"
            case .complete: "is complete: \(words[0]) bytes"
            case .full: "ended before it, at the largest size it may have: \(words[0]) bytes"
            case nil: "was cut short: \(words[0]) bytes"
            }
        let entry = AuditEntry(
            .sessionRecorded, "the recording of session \(row.session) \(how)",
            project: row.project, workload: row.workload, run: row.run,
            priority: isRead && end == .complete ? nil : 4,
            details: [
                (AuditField.session, String(row.session)),
                (AuditField.sessionKind, row.kind.rawValue),
                (AuditField.recording, recordingPath(row.name)),
                (AuditField.isComplete, isRead && end == .complete ? "yes" : "no"),
                (AuditField.bytes, isRead ? words[0] : ""),
                (AuditField.sha256, isRead ? words[1] : ""),
            ])
        do throws(LedgerError) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.close(row, with: entry)
            }
        } catch { journal.report(error) }
    }

    // MARK: Age

    /// Deletes recordings that were last written to before then, in microseconds since the epoch, and records
    /// each.
    func pruneRecordings(before time: Int64) {
        let root = options.recordings
        do throws(SystemCallError) {
            let directory = Directory(try open(root, [.readOnly, .directory, .noFollow]))
            for name in try directory.names()
            where name.utf8.reversed().starts(with: ".cast".utf8.reversed()) {
                if recorders[name] != nil || digests[name] != nil { continue }
                let status = try FileStatus(
                    at: directory.number, path: name, flags: .noFollow)
                if status.modified / 1_000 >= time { continue }
                try directory.removeFile(name)
                _ = record(
                    AuditEntry(
                        .auditRecordingPruned,
                        "the recording \(recordingPath(name)) is older than "
                            + "\(trail.retention.days) days and was deleted",
                        details: [(AuditField.recording, recordingPath(name))]))
            }
        } catch { say("", error) }
    }
}
