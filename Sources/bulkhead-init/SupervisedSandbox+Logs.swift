import CInit

/// What runs write, on its way to the journal.
extension SupervisedSandbox {
    /// Bytes that are read of one stream before others get their turn.
    private static let chunk = 16_384
    /// How long lines are counted before a record tells of them, in microseconds.
    private static let recordInterval: UInt64 = 1_000_000

    mutating func prepareBuffer() {
        if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: Self.chunk) }
    }

    /// Reads a pipe once. At its end nobody can write to it any more.
    mutating func readLog(of slot: Int, _ source: JournalRecord.Source) {
        guard slot < runs.count, runs[slot][source].descriptor >= 0 else { return }
        prepareBuffer()
        let count = init_read_some(runs[slot][source].descriptor, &buffer, buffer.count)
        if count > 0 { return log(Int(count), of: slot, source) }
        if count == -Int64(Errno.again) { return }
        closePipe(of: slot, source)
        endLog(of: slot, source)
    }

    mutating func closePipe(of slot: Int, _ source: JournalRecord.Source) {
        let descriptor = runs[slot][source].descriptor
        if descriptor < 0 { return }
        watch(descriptor, 0, 0)
        init_close(descriptor)
        runs[slot][source].descriptor = -1
    }

    // MARK: Terminals

    /// Reads the terminal of a run that nobody is attached to.
    mutating func readTerminal(of slot: Int) {
        guard slot < runs.count, runs[slot].controller >= 0, !runs[slot].isAttached else { return }
        prepareBuffer()
        let count = init_read_some(runs[slot].controller, &buffer, buffer.count)
        if count > 0 {
            if runs[slot].isHungUp {
                runs[slot].isHungUp = false
                watch(runs[slot].controller, INIT_IN, Tag.terminal, slot)
            }
            return log(Int(count), of: slot, .terminal)
        }
        if count == -Int64(Errno.again) { return }
        // Nothing has its other side open. While the run lives that may change, and then whoever
        // opened it would wait for a reader.
        if !runs[slot].isRunning { return closeTerminal(of: slot) }
        if runs[slot].isHungUp { return }
        runs[slot].isHungUp = true
        watch(runs[slot].controller, INIT_IN | INIT_CHANGE, Tag.terminal, slot)
    }

    mutating func closeTerminal(of slot: Int) {
        if runs[slot].controller < 0 { return }
        watch(runs[slot].controller, 0, 0)
        init_close(runs[slot].controller)
        runs[slot].controller = -1
        runs[slot].isAttached = false
        endLog(of: slot, .terminal)
    }

    /// From now on what comes out of the run's terminal is logged again.
    mutating func detach(_ slot: Int) {
        if !runs[slot].isAttached { return }
        runs[slot].isAttached = false
        runs[slot].isUnclaimed = false
        runs[slot].isHungUp = false
        runs[slot].unsent.remove(.terminal)
        // Its flags are shared with whoever had it.
        _ = init_set_nonblocking(runs[slot].controller)
        watch(runs[slot].controller, INIT_IN, Tag.terminal, slot)
    }

    // MARK: For the account of its end

    private mutating func keepTail(_ count: Int, of slot: Int) {
        let kept = InitMessage.saidMax
        runs[slot].tail += buffer[max(0, count - kept)..<count]
        // Not at each line: what is moved is moved seldom.
        if runs[slot].tail.count > 2 * kept {
            runs[slot].tail.removeFirst(runs[slot].tail.count - kept)
        }
    }

    /// Looks for the words of strerror(3), without their first letters, which some write small.
    private mutating func noteHints(_ count: Int, of slot: Int, at now: UInt64) {
        if now < runs[slot].hintDue { return }
        let found = Hints(rawValue: UInt8(init_hints(buffer, count)))
        if found.isEmpty { return }
        runs[slot].hintDue = now + Self.hintInterval
        runs[slot].hints.formUnion(found)
        mark(slot, .hinted)
    }

    /// What a run hints at is told at most so often, in microseconds.
    private static let hintInterval: UInt64 = 1_000_000

    /// Takes what was written before the end and is still in the pipes.
    mutating func drain(_ slot: Int) {
        for _ in 0..<Self.pipeReads {
            let before = runs[slot].tail.count
            readLog(of: slot, .output)
            readLog(of: slot, .error)
            if runs[slot].tail.count == before { return }
        }
    }

    /// A pipe holds 64 KiB: pipe(7).
    private static let pipeReads = 5

    // MARK: Lines

    /// Logs the lines in the buffer's first bytes.
    private mutating func log(_ count: Int, of slot: Int, _ source: JournalRecord.Source) {
        if runs[slot].logFields.isEmpty { return }
        let now = init_now()
        keepTail(count, of: slot)
        noteHints(count, of: slot, at: now)
        var lines = LogLines()
        swap(&lines, &runs[slot][source].lines)
        var position = 0
        while let line = lines.next(in: buffer, from: &position, to: count) {
            log(line, of: slot, source, at: now)
        }
        swap(&lines, &runs[slot][source].lines)
    }

    private mutating func log(
        _ line: LogLines.Line, of slot: Int, _ source: JournalRecord.Source, at now: UInt64
    ) {
        if bucket?.take(at: now) == true {
            record.set(line: line, from: source, fields: runs[slot].logFields)
            if journal.send(record.bytes, isRecord: false, events) { return }
            noteJournalLoss()
        }
        if runs[slot].suppressed == 0 {
            runs[slot].recordDue = now + Self.recordInterval
            if recordDue == 0 && journal.canSend { recordDue = runs[slot].recordDue }
        }
        runs[slot].suppressed += 1
    }

    /// The end of a stream: its last line may have no newline. With the last stream the log ends.
    private mutating func endLog(of slot: Int, _ source: JournalRecord.Source) {
        let now = init_now()
        if let line = runs[slot][source].lines.last() { log(line, of: slot, source, at: now) }
        let run = runs[slot]
        if run.output.descriptor < 0 && run.error.descriptor < 0 && run.controller < 0
            && run.suppressed > 0
        {
            // Now or never.
            _ = record(suppressedOf: slot)
            noteSuppressed(slot)
        }
        forgetIfOver(slot)
    }

    // MARK: Suppressed lines

    private mutating func record(suppressedOf slot: Int) -> Bool {
        record.set(suppressed: runs[slot].suppressed, fields: runs[slot].logFields)
        return journal.send(record.bytes, isRecord: true, events)
    }

    /// A record tells of them; the supervisor is told too.
    private mutating func noteSuppressed(_ slot: Int) {
        runs[slot].untoldSuppressed += runs[slot].suppressed
        runs[slot].suppressed = 0
        mark(slot, .suppressed)
    }

    /// Tells of the lines that were not logged, for each run at most once in an interval.
    mutating func recordSuppressed(at now: UInt64) {
        if now < recordDue { return }
        for slot in runs.indices where runs[slot].suppressed > 0 && runs[slot].recordDue <= now {
            if record(suppressedOf: slot) { noteSuppressed(slot) }
            runs[slot].recordDue = now + Self.recordInterval
        }
        noteJournalLoss()
        scheduleRecords()
    }

    /// Without a journal there is nothing to wait for: the next one brings it up again.
    mutating func scheduleRecords() {
        recordDue = 0
        if !journal.canSend { return }
        for run in runs where run.suppressed > 0 {
            recordDue = recordDue == 0 ? run.recordDue : min(recordDue, run.recordDue)
        }
    }

    mutating func noteJournalLoss() {
        if journal.isLost && !isJournalLossTold {
            isJournalLossTold = true
            tellsJournalLoss = true
        }
    }
}
