import CInit

/// A sandbox of many runs that supervisors come and go to: one connection at a time, the next one
/// only when everything in the last was taken. What happens in between is remembered.
///
/// It never waits for anybody but in `turn`: not for a supervisor that does not read, not for the
/// journal, not for a run that floods its log.
struct SupervisedSandbox {
    let children: Int32
    let events: Int32
    /// Standard input, output and error of runs that get no other.
    let null: Int32
    /// Open for nothing while there is no connection: so that there is always a number for the next,
    /// however many the runs have taken.
    private var spare: Int32

    var runs: [Run] = []
    var knownRuns = 0

    /// -1: there is none, and the next one is waited for.
    var connection: Int32 = -1
    /// What of it is watched.
    var interest = INIT_IN
    /// Whether its other end takes no more; what it sent may still be there.
    var isDeaf = false
    /// Whether the last packet had no room.
    var isFull = false
    /// Whether some run has something unsent.
    var hasUnsent = false
    /// An answer about a run that is not in the table. While it has no room, nothing is received.
    var answer: InitMessage?
    /// Lines told of a report that is on its way.
    var reportLines: UInt32?
    /// Whether the loss of the journal is to be told, and whether it was.
    var tellsJournalLoss = false
    var isJournalLossTold = false

    /// What leases the sandbox's ids. It is only kept.
    var lease: Int32 = -1
    /// Nil before the first `hold`, without which nothing is started.
    var bucket: LogBucket?
    var journal = JournalOutlet()
    var record = JournalRecord()
    var buffer: [UInt8] = []
    /// When the next record of suppressed lines is due, in microseconds; 0: none is.
    var recordDue: UInt64 = 0

    /// Until when terminals wait for those who had them, in microseconds; 0: none does.
    private var unclaimedUntil: UInt64 = 0

    private var hasMoreToReap = false

    /// In microseconds. Whoever is at a terminal has it still when the supervisor goes, and looks for the
    /// next one for half a minute: two who read it would each get a part.
    private static let claimPatience: UInt64 = 35_000_000

    /// Processes that are reaped before others get their turn.
    private static let reapedMax = 256
    /// Packets that are taken before others get their turn.
    private static let packetsMax = 32

    init(children: Int32) {
        self.children = children
        events = Int32(init_events())
        init_close_standard()
        null = Int32(init_open_null())
        spare = Int32(init_open_null())
        if events < 0 || null < 0 || spare < 0 { init_end() }
        watch(children, INIT_IN, Tag.children)
        watch(Int32(INIT_CONTROL), INIT_IN, Tag.listening)
    }

    mutating func turn() {
        var occurred = [init_event](repeating: init_event(), count: 16)
        let count = init_wait_events(events, &occurred, Int32(occurred.count), timeout())
        if count < 0 { init_end() }
        for event in occurred.prefix(Int(count)) { take(event) }
        if hasMoreToReap { reap() }
        if recordDue != 0 { recordSuppressed(at: init_now()) }
        if unclaimedUntil != 0 { detachUnclaimed(at: init_now()) }
        tell()
    }

    private mutating func take(_ event: init_event) {
        let slot = Int(event.slot)
        // A run may have gone since the kernel made the list; then there is nothing to read.
        switch event.tag {
        case Tag.children:
            init_drain(children)
            reap()
        case Tag.listening: accept()
        case Tag.connection: receive()
        case Tag.journal:
            journal.flush(events)
            noteJournalLoss()
        case Tag.output: readLog(of: slot, .output)
        case Tag.error: readLog(of: slot, .error)
        case Tag.terminal: readTerminal(of: slot)
        case Tag.notification: readNotifications(of: slot)
        default: break
        }
    }

    /// In milliseconds; -1: for ever. Rounded up: too early would be a turn for nothing.
    private func timeout() -> Int32 {
        if hasMoreToReap { return 0 }
        if recordDue == 0 && unclaimedUntil == 0 { return -1 }
        let due =
            recordDue == 0 || unclaimedUntil == 0
            ? recordDue | unclaimedUntil : min(recordDue, unclaimedUntil)
        let now = init_now()
        return due > now ? Int32(clamping: (due - now + 999) / 1_000) : 0
    }

    func watch(_ descriptor: Int32, _ interest: some BinaryInteger, _ tag: UInt32, _ slot: Int = 0)
    {
        _ = init_watch(events, descriptor, Int32(interest), tag, UInt32(slot))
    }

    // MARK: Ends

    private mutating func reap() {
        var ended = init_ended()
        for _ in 0..<Self.reapedMax {
            if init_find_ended(&ended) <= 0 {
                hasMoreToReap = false
                return
            }
            let slot = runs.firstIndex { $0.isRunning && $0.number != 0 && $0.pid == ended.pid }
            let name = slot != nil || ended.isCasualty ? ended.name() : []
            let session = slot == nil && ended.isCasualty ? init_session(ended.pid) : 0
            if init_reap(&ended) < 0 { return }
            if let slot {
                end(slot, ended.ending(named: name))
            } else if ended.isCasualty && connection >= 0 && !isDeaf {
                send(.casualty(run: owner(of: session), pid: UInt32(ended.pid), name: name))
            }
        }
        hasMoreToReap = true
    }

    private mutating func end(_ slot: Int, _ ending: InitMessage.Ending) {
        // While it counts as running it cannot be forgotten.
        drain(slot)
        runs[slot].state = .ended(ending)
        mark(slot, .outcome)
        closeNotification(of: slot)
        // What it wrote last, and what others of its tree still write, is read until nobody can
        // write any more.
        if runs[slot].isHungUp && !runs[slot].isAttached { closeTerminal(of: slot) }
    }

    /// The run whose first process began this session; 0 where it is none's.
    private func owner(of session: Int32) -> UInt64 {
        if session <= 0 { return 0 }
        // A number is taken again only when no session has it any more; the dead come second.
        let alive = runs.first { $0.number != 0 && $0.isRunning && $0.pid == session }
        return (alive ?? runs.first { $0.number != 0 && $0.pid == session })?.number ?? 0
    }

    // MARK: Connections

    private mutating func accept() {
        if connection >= 0 { return }
        init_close(spare)
        let result = init_accept()
        if result < 0 {
            // Whoever it was has gone again.
            spare = Int32(init_open_null())
            return
        }
        connection = Int32(result)
        isDeaf = false
        isFull = false
        answer = nil
        reportLines = nil
        // A new supervisor asks for what it wants to know.
        for slot in runs.indices {
            runs[slot].unsent = []
            runs[slot].untold = []
        }
        hasUnsent = false
        // One at a time.
        watch(Int32(INIT_CONTROL), 0, 0)
        interest = INIT_IN
        watch(connection, interest, Tag.connection)
    }

    mutating func endConnection() {
        watch(connection, 0, 0)
        init_close(connection)
        connection = -1
        spare = Int32(init_open_null())
        for slot in runs.indices where runs[slot].isAttached {
            runs[slot].isUnclaimed = true
            unclaimedUntil = init_now() + Self.claimPatience
        }
        watch(Int32(INIT_CONTROL), INIT_IN, Tag.listening)
    }

    /// Nobody came back to these: what they write is logged again.
    private mutating func detachUnclaimed(at now: UInt64) {
        if unclaimedUntil == 0 || now < unclaimedUntil { return }
        unclaimedUntil = 0
        for slot in runs.indices where runs[slot].isUnclaimed { detach(slot) }
    }

    private mutating func receive() {
        for _ in 0..<Self.packetsMax {
            if connection < 0 || answer != nil { return }
            var packet = Packet(from: connection)
            if packet.count == -Int64(Errno.again) { return }
            // Told once, and what was sent before is still there: the other end went without
            // reading everything.
            if packet.count == -Int64(Errno.reset) { continue }
            if packet.count <= 0 { return endConnection() }
            take(&packet)
            packet.close()
        }
    }
}

/// What an event is about.
enum Tag {
    static let listening: UInt32 = 1
    static let connection: UInt32 = 2
    static let children: UInt32 = 3
    static let journal: UInt32 = 4
    static let output: UInt32 = 5
    static let error: UInt32 = 6
    static let terminal: UInt32 = 7
    static let notification: UInt32 = 8
}
