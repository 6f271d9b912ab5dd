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
    /// Each is a process of some mebibytes in the supervisor's own cgroup.
    private static let recordersMax = 64
    /// Until what could not be written down is tried again, in microseconds.
    private static let retryDelay: Int64 = 60_000_000
    /// Deleted at once: each is a file and a transaction.
    private static let pruningMax = 16
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
        if recorders.count >= Self.recordersMax {
            throw Failure.failed(
                "\(recorders.count) sessions are recorded, and no more can be at once",
                hint: "wait until one of them ends: bulkhead runs")
        }
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
    func hold(_ recorder: HeldRecorder, of run: HeldRun) throws(SystemCallError) {
        do throws(SystemCallError) { try watch(recorder, of: run) } catch {
            recorder.cancel()
            // Its row is there.
            retrySoon()
            throw error
        }
    }

    private func watch(_ recorder: HeldRecorder, of run: HeldRun?) throws(SystemCallError) {
        let name = recorder.name
        try recorder.watch(loop) { [unowned self, weak run] in recorderEnded(name, run) }
        recorders[name] = recorder
        run?.recorder = recorder
    }

    /// With its run: nobody is waited for who is not there.
    func endRecorder(of run: HeldRun) {
        guard let recorder = run.recorder else { return }
        if run.caller != nil || !run.listeners.isEmpty || run.attachedConnection != nil {
            recorder.drain()
        } else if run.isDetached {
            recorder.drain(for: loop)
        } else {
            recorder.end(loop)
        }
    }

    /// Puts it between a caller's streams and those of what will run.
    func stand(
        _ recorder: HeldRecorder, between streams: RunStreams
    ) throws(Failure) -> (streams: RunStreams, held: [PassedDescriptor]) {
        do throws(SystemCallError) {
            return try recorder.stand(between: streams)
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
        var ended: [RecordingRow] = []
        for row in try ledger.openRecordings() {
            do throws(SystemCallError) {
                // A lock is asked for on what is open for writing.
                let file = try open(recordingPath(row.name), [.readWrite, .noFollow])
                guard
                    let recorder = try HeldRecorder.adopted(
                        row.name, isOfTerminal: row.kind != .exec, file)
                else {
                    ended.append(row)
                    continue
                }
                let run = runs[row.run]
                do throws(SystemCallError) { try watch(recorder, of: run) } catch {
                    recorder.kill()
                    throw error
                }
                guard let run else {
                    recorder.drain(for: loop)
                    continue
                }
                // Whoever has it reads it still, and init does not.
                if recorder.isOfTerminal { sandboxes[run.project]?.attach(true, run.id) }
            } catch { ended.append(row) }
        }
        // The living come first: an end must not touch what another has.
        for row in ended { recordingEnded(row, recordingEnd(row.name)) }
    }

    private func recorderEnded(_ name: String, _ run: HeldRun?) {
        let recorder = recorders.removeValue(forKey: name)
        let end = recordingEnd(name)
        if let run, run.recorder?.name == name {
            run.recorder = nil
            run.isUndelivered = !(recorder?.isDelivered ?? true)
            // It may have ended with its recorder, before either end was heard of.
            if !(end?.isComplete ?? false) { run.unrecorded = reason(ofUnrecorded: end) }
        }
        do throws(LedgerError) {
            guard let row = try ledger.openRecordings().first(where: { $0.name == name }) else {
                return
            }
            recordingEnded(row, end)
        } catch {
            journal.report(error)
            retrySoon()
        }
    }

    /// Those whose end could not be written down.
    private func retryRecordings() {
        recordingRetry = nil
        do throws(LedgerError) {
            for row in try ledger.openRecordings()
            where recorders[row.name] == nil && digests[row.name] == nil {
                recordingEnded(row, recordingEnd(row.name))
            }
        } catch {
            journal.report(error)
            retrySoon()
        }
    }

    private func retrySoon() {
        if recordingRetry != nil { return }
        // Without a timer the next start does it.
        recordingRetry = try? loop.timer(accuracyMicroseconds: 250_000) { [unowned self] in
            retryRecordings()
        }
        recordingRetry?.set(at: loop.now + Self.retryDelay)
    }

    /// - Parameter end: how far its file goes.
    private func recordingEnded(_ row: RecordingRow, _ end: Cast.End?) {
        if let run = runs[row.run], run.recorder == nil || run.recorder?.name == row.name {
            run.recorder = nil
            if !(end?.isComplete ?? false) {
                endUnrecorded(row, run, end)
            } else if end == .left, run.attachedConnection != nil, isOpen(row) {
                // Who has no terminal any more is not there, whatever else of theirs is.
                detachTerminal(of: run)
            }
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
            say(row.name, error)
            retrySoon()
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

    /// Whether its session is.
    private func isOpen(_ row: RecordingRow) -> Bool {
        (try? ledger.openSessions().contains { $0.id == row.session }) ?? true
    }

    private func reason(ofUnrecorded end: Cast.End?) -> String {
        end == .full
            ? "its recording is as large as it may be, \(trail.settings.recordingMax)"
            : "it is not recorded any more: its recorder was ended, or could not write"
    }

    /// Nobody goes on in a session that is not recorded.
    private func endUnrecorded(_ row: RecordingRow, _ run: HeldRun, _ end: Cast.End?) {
        if !isOpen(row) { return }
        let reason = reason(ofUnrecorded: end)
        closeSessions(of: run.id, [row.kind], "unrecorded", reason)
        if row.kind == .attach {
            return expel(
                from: run,
                .failed(
                    "the session at \(run.project)/\(run.workload) is over: \(reason)",
                    hint: "the workload goes on; see global.audit in bulkhead.yaml(5)"))
        }
        run.attachedConnection = nil
        hangUp(run, cause: "\(Self.sessionOver): \(reason)")
    }

    /// - Parameter answer: of the helper: the size and the digest, or nothing.
    private func record(_ row: RecordingRow, _ end: Cast.End?, _ answer: [UInt8]) {
        let words = answer.split(separator: UInt8(ascii: " ")).map {
            String(decoding: $0, as: UTF8.self)
        }
        let isRead = words.count == 2
        let isComplete = isRead && (end?.isComplete ?? false)
        let how =
            switch end {
            case _ where !isRead: "cannot be read"
            case .ended, .left: "is complete: \(words[0]) bytes"
            case .full: "ended before it, at the largest size it may have: \(words[0]) bytes"
            case .stopped, nil: "was cut short: \(words[0]) bytes"
            }
        let entry = AuditEntry(
            .sessionRecorded, "the recording of session \(row.session) \(how)",
            project: row.project, workload: row.workload, run: row.run,
            priority: isComplete ? nil : 4,
            details: [
                (AuditField.session, String(row.session)),
                (AuditField.sessionKind, row.kind.rawValue),
                (AuditField.recording, recordingPath(row.name)),
                (AuditField.isComplete, isComplete ? "yes" : "no"),
                (AuditField.bytes, isRead ? words[0] : ""),
                (AuditField.sha256, isRead ? words[1] : ""),
            ])
        do throws(LedgerError) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.close(row, with: entry)
            }
        } catch {
            journal.report(error)
            retrySoon()
        }
    }

    // MARK: Age

    /// Deletes recordings that were last written to before then, in microseconds since the epoch, and records
    /// each.
    ///
    /// - Returns: whether there may be more.
    func pruneRecordings(before time: Int64) -> Bool {
        var count = 0
        do {
            let open = Set(try ledger.openRecordings().map(\.name))
            let directory = Directory(
                try Syscalls.open(options.recordings, [.readOnly, .directory]))
            for name in try directory.names() {
                guard name.hasSuffix(".cast"), !open.contains(name) else { continue }
                if count == Self.pruningMax { return true }
                var isRecorded = undeletable[name] ?? false
                do throws(SystemCallError) {
                    let status = try FileStatus(
                        at: directory.number, path: name, flags: .noFollow)
                    if status.modified / 1_000 >= time { continue }
                    // Of one that nobody may write to, and so not delete (chattr(1)), nothing is recorded.
                    _ = try Syscalls.open(
                        name, at: directory.number, [.writeOnly, .noFollow, .nonBlocking])
                    // Nothing goes without a record of it.
                    if !isRecorded && !recordDeletion(of: name) { return false }
                    isRecorded = true
                    try directory.removeFile(name)
                    undeletable[name] = nil
                    count += 1
                } catch {
                    // The others go all the same.
                    if undeletable.updateValue(isRecorded, forKey: name) == nil {
                        say(name, error)
                    }
                }
            }
        } catch {
            journal.say(
                "recordings: \(host.text(error))", severity: .error, kind: "supervisor.failure")
        }
        return false
    }

    private func recordDeletion(of name: String) -> Bool {
        record(
            AuditEntry(
                .auditRecordingPruned,
                "the recording \(recordingPath(name)) is older than "
                    + "\(trail.retention.days) days and is deleted",
                details: [(AuditField.recording, recordingPath(name))]))
    }
}
