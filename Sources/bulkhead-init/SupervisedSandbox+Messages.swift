import CInit

/// What a supervisor says, and what it is told.
extension SupervisedSandbox {
    /// Does what a packet says; takes the descriptors out of it that are kept. What makes no sense is
    /// passed over.
    mutating func take(_ packet: inout Packet) {
        switch packet.message {
        case .hold(let budget, let capabilities, let which)
        where packet.descriptors.count == which.count:
            hold(budget, capabilities, which, &packet.descriptors)
        case .spawn(let run, let which) where run != 0:
            spawn(run, which, packet.descriptors)
        case .signal(let number, let run):
            if let slot = slot(of: run), runs[slot].isRunning {
                init_signal(runs[slot].pid, Int32(number))
            }
        case .signalAll(let number): init_signal_all(Int32(number))
        case .acknowledge(let run):
            if let slot = slot(of: run), !runs[slot].isRunning { acknowledge(slot) }
        case .report: report()
        case .attach(let isWanted, let run): attach(isWanted, run)
        case .notice(let notice, let run):
            if let slot = slot(of: run) { give(notice, to: slot) }
        default: break
        }
    }

    func slot(of run: UInt64) -> Int? {
        run == 0 ? nil : runs.firstIndex { $0.number == run && !$0.isAcknowledged }
    }

    private mutating func hold(
        _ budget: LogBudget, _ capabilities: UInt64, _ which: HoldDescriptors,
        _ descriptors: inout [Int32]
    ) {
        if which.contains(.lease) {
            let new = descriptors.removeFirst()
            if lease < 0 { lease = new } else { init_close(new) }
        }
        if which.contains(.journal) {
            journal.adopt(descriptors.removeFirst(), events)
            isJournalLossTold = false
            tellsJournalLoss = false
        }
        let now = init_now()
        if bucket == nil {
            bucket = LogBucket(budget, at: now)
            // Before anything runs here. What it takes to start a run: its bounding set and
            // securebits (SETPCAP), its ids (SETUID, SETGID), and to open what it may write, which
            // may lie in a directory that user 0 may not search (DAC_READ_SEARCH). To signal it:
            // KILL. And what runs may be given.
            let needed =
                Capability.setCapabilities | Capability.setUser | Capability.setGroup
                | Capability.readSearch | Capability.kill
            if init_keep_capabilities(needed | capabilities) < 0 { init_end() }
        } else {
            bucket?.change(to: budget, at: now)
        }
        if recordDue == 0 { scheduleRecords() }
    }

    private mutating func acknowledge(_ slot: Int) {
        runs[slot].isAcknowledged = true
        runs[slot].unsent = []
        // Whoever has it has a duplicate.
        if runs[slot].isAttached { closeTerminal(of: slot) }
        forgetIfOver(slot)
    }

    mutating func forgetIfOver(_ slot: Int) {
        // Closing its last stream may have been the end of it.
        if slot >= runs.count || runs[slot].number == 0 || !runs[slot].isOver { return }
        runs[slot] = Run()
        knownRuns -= 1
        while let last = runs.last, last.number == 0 { runs.removeLast() }
        if runs.isEmpty { runs = [] }
    }

    private mutating func report() {
        reportLines = 0
        for slot in runs.indices where runs[slot].number != 0 && !runs[slot].isAcknowledged {
            // It says everything that the run has said so far.
            runs[slot].untold = []
            let terminal = runs[slot].unsent.intersection(.terminal)
            runs[slot].unsent = terminal
            mark(slot, runs[slot].isRunning ? [.running, .listed] : [.outcome, .listed])
        }
        tellsJournalLoss = journal.isLost
    }

    private mutating func attach(_ isWanted: Bool, _ run: UInt64) {
        guard let slot = slot(of: run) else {
            if isWanted { answer = .terminal(run: run) }
            return
        }
        if !isWanted { return detach(slot) }
        if runs[slot].controller >= 0 {
            runs[slot].isAttached = true
            runs[slot].isUnclaimed = false
            watch(runs[slot].controller, 0, 0)
        }
        mark(slot, .terminal)
    }

    // MARK: Telling

    mutating func mark(_ slot: Int, _ what: Run.Unsent) {
        runs[slot].unsent.formUnion(what)
        hasUnsent = true
    }

    /// Sends what is unsent, as much as there is room for.
    mutating func tell() {
        if connection < 0 { return }
        isFull = false
        if !isDeaf && connection >= 0 {
            if hasUnsent {
                for slot in runs.indices where !runs[slot].unsent.isEmpty {
                    tell(of: slot)
                    if isFull || isDeaf || connection < 0 { break }
                }
                hasUnsent = isFull
            }
            if let message = answer, !isFull, send(message) { answer = nil }
            if let lines = reportLines, !isFull, send(.reported(count: lines)) { reportLines = nil }
            if tellsJournalLoss, !isFull, send(.journalLost) { tellsJournalLoss = false }
        }
        if connection < 0 { return }
        if isDeaf { answer = nil }
        let wanted = (answer == nil ? INIT_IN : 0) | (isFull ? INIT_OUT : 0)
        if wanted != interest {
            interest = wanted
            watch(connection, interest, Tag.connection)
        }
    }

    private mutating func tell(of slot: Int) {
        let run = runs[slot].number
        let pid = UInt32(runs[slot].pid)
        let isListed = runs[slot].unsent.contains(.listed)
        if runs[slot].unsent.contains(.started) {
            guard send(.started(run: run, pid: pid), with: runs[slot].controller) else { return }
            runs[slot].unsent.remove(.started)
        }
        if runs[slot].unsent.contains(.running) {
            if runs[slot].isRunning {
                guard send(.running(run: run, pid: pid, runs[slot].heard)) else { return }
                if isListed { reportLines? += 1 }
                runs[slot].unsent.remove(.listed)
            }
            // One that has ended since has its end as its line.
            runs[slot].unsent.remove(.running)
        }
        if runs[slot].unsent.contains(.notified) {
            guard send(.notified(run: run, runs[slot].untold)) else { return }
            runs[slot].untold = []
            runs[slot].unsent.remove(.notified)
        }
        if runs[slot].unsent.contains(.terminal) {
            guard send(.terminal(run: run), with: runs[slot].controller) else { return }
            runs[slot].unsent.remove(.terminal)
        }
        if runs[slot].unsent.contains(.hinted) {
            guard send(.hinted(run: run, runs[slot].hints)) else { return }
            runs[slot].hints = []
            runs[slot].unsent.remove(.hinted)
        }
        if runs[slot].unsent.contains(.suppressed) {
            guard send(.suppressed(run: run, count: runs[slot].untoldSuppressed)) else { return }
            runs[slot].untoldSuppressed = 0
            runs[slot].unsent.remove(.suppressed)
        }
        if runs[slot].unsent.contains(.outcome) {
            if !runs[slot].tail.isEmpty {
                guard send(.said(run: run, runs[slot].tail)) else { return }
            }
            switch runs[slot].state {
            case .running: break
            case .refused(let why):
                guard send(.notStarted(run: run, why.stage, errno: why.errno)) else { return }
            case .ended(let ending):
                guard send(.ended(run: run, ending)) else { return }
            }
            if runs[slot].unsent.contains(.listed) { reportLines? += 1 }
        }
        runs[slot].unsent = []
    }

    /// Sends a packet, if there is room.
    @discardableResult
    mutating func send(_ message: InitMessage, with descriptor: Int32 = -1) -> Bool {
        if isDeaf || connection < 0 { return false }
        let bytes = message.encoded()
        let result = init_send(connection, bytes, bytes.count, descriptor, 0)
        if result >= 0 { return true }
        switch Int32(-result) {
        case Errno.again: isFull = true
        // It has gone, but what it sent is still to be taken.
        case Errno.brokenPipe, Errno.reset: isDeaf = true
        // Out of memory or of descriptors under way: whoever connects next asks again.
        default: endConnection()
        }
        return false
    }
}
