internal import Audit
internal import Configuration
internal import EventLoop
internal import Journal
internal import Ledger
internal import Plan
internal import Syscalls

/// Brings the records of the ledger into the journal: each once, in their order, and again what
/// journald has not kept.
///
/// The ledger is what counts: a record is there before anybody is told of what it is about. Whether
/// journald has kept what it was sent is looked at afterwards, by `bulkhead-audit confirm`; until then a
/// record is unconfirmed. So nothing is lost where journald is down, full, or takes no more, and nothing
/// is there twice where we are killed between writing down and sending.
final class AuditTrail {
    let ledger: LedgerStore
    let loop: Loop
    let host: HostServices
    let journal: SupervisorJournal
    let publisher = AuditPublisher()
    /// Takes a record that the ledger does not take now.
    var keep: (AuditEntry, LedgerError) -> Void = { _, _ in }
    /// Signs; nil where there is no key.
    var key: AuditKey?
    /// Up to here journald is known to have all.
    private(set) var confirmed: UInt64
    /// Up to here all was sent by this process, or was there when it began.
    private(set) var sent: UInt64
    /// Lost by journald, and told so in a record.
    private var lostOnes: Set<UInt64> = []
    /// Nothing is sent before it is known what an earlier supervisor has sent.
    private var isChecked: Bool
    /// Up to here it has been looked up what an earlier supervisor has sent.
    private var looked: UInt64
    /// How many were missing the last time.
    private var lostBefore = 0
    /// What was there when this process began; what it sent may be missing without anybody's fault.
    private var inherited: UInt64
    let retention: AuditRetention
    private var sendTimer: TimerSource?
    private var confirmTimer: TimerSource?
    private(set) var headTimer: TimerSource?
    private var confirmation: AskedHelper?
    /// Whether the journal was asked where our chain ends in it.
    private(set) var isChainKnown = false
    private var confirmDelay = AuditTrail.confirmDelayMin
    /// Why it could not be looked up the last time; nil where it could.
    private(set) var trouble: AuditTrouble? {
        didSet { retention.isWithoutJournal = trouble?.isWithoutJournal ?? false }
    }
    var signed: UInt64
    /// What the configuration says of it.
    private(set) var settings = AuditSettings()
    let anchors: AuditAnchors
    /// What is recorded now is no reason to sign.
    private var isAside = false

    /// Microseconds.
    private static let sendDelay: Int64 = 200_000
    private static let absenceDelay: Int64 = 5_000_000
    private static let confirmDelayMin: Int64 = 3_000_000
    private static let confirmDelayMax: Int64 = 30_000_000
    /// Where nothing can be looked up, and so nothing may be known of what was sent.
    private static let failureDelayMax: Int64 = 10_000_000
    /// Records read from the ledger at once.
    private static let batch = 256
    /// Records that are looked up at once: what is said of them fits into a pipe.
    private static let lookups = 4_000
    /// Records that go over into a new chain, of a journald that was away for long: some seconds.
    private static let keptMax: UInt64 = 200_000

    init(
        _ ledger: LedgerStore, _ loop: Loop, _ host: HostServices, _ journal: SupervisorJournal
    ) throws {
        self.ledger = ledger
        self.loop = loop
        self.host = host
        self.journal = journal
        confirmed = try ledger.auditConfirmed()
        inherited = ledger.auditTip.sequence
        sent = confirmed
        looked = confirmed
        signed = inherited
        anchors = AuditAnchors(loop, host)
        isChecked = false
        retention = try AuditRetention(ledger, loop)
        sendTimer = try loop.timer { [unowned self] in sendWaiting() }
        confirmTimer = try loop.timer(accuracyMicroseconds: 250_000) { [unowned self] in confirm() }
        headTimer = try loop.timer(accuracyMicroseconds: 250_000) { [unowned self] in sign() }
        ledger.whenAudited = { [unowned self] in wereAdded($0) }
        anchors.tell = { [unowned self] in record(aside: $0) }
        retention.whenDone = { [unowned self] in sign() }
        retention.whenFailed = { journal.report($0) }
        confirmTimer?.set(at: loop.now)
    }

    deinit { ledger.whenAudited = nil }

    /// Takes what a configuration says.
    func follow(_ global: GlobalSettings) {
        let isChanged =
            settings.signEvery != global.audit.signEvery
            || settings.signEveryRecords != global.audit.signEveryRecords
        settings = global.audit
        anchors.follow(settings.anchors)
        retention.days = global.security.auditLogRetentionDays
        // What waits under the settings before may be due now.
        headTimer?.disarm()
        // The record that says how often counts once it is signed.
        if isChanged { signNow() }
        signSoon()
    }

    /// Records what is told of anchors. It is signed with what comes after it: a head of its own would go to
    /// the anchors again, for ever.
    private func record(aside entry: AuditEntry) {
        isAside = true
        defer { isAside = false }
        record(entry)
    }

    private func record(_ entry: AuditEntry) {
        do throws(LedgerError) { try add([entry]) } catch {
            journal.report(error)
            keep(entry, error)
        }
    }

    /// All or none.
    private func add(_ entries: [AuditEntry]) throws(LedgerError) {
        try ledger.transaction(.process) { changes throws(LedgerError) in
            for entry in entries { try changes.append(entry) }
        }
    }

    /// The last head; nobody looks any more what journald has kept.
    func end() {
        sign(.power)
        confirmation?.cancel()
        confirmation = nil
    }

    /// How many records journald is not known to have.
    var unconfirmedCount: UInt64 { ledger.auditTip.sequence - confirmed }

    // MARK: Sending

    private func wereAdded(_ records: [StoredAuditRecord]) {
        for record in records where isChecked && sent + 1 == record.sequence {
            if !send(record) { break }
        }
        // Where nobody listens at all, whoever started us sees the lines.
        if sent < ledger.auditTip.sequence, !host.hasJournal {
            for record in records { publisher.tell(record.bytes) }
        }
        if !isAside { signSoon() }
    }

    /// False where it could not be sent now.
    private func send(_ record: StoredAuditRecord) -> Bool {
        // Of a ledger that was just made, nothing was ever sent.
        let isAgain = record.sequence <= inherited && inherited > 1
        switch publisher.send(record.bytes, hash: record.hash, isAgain: isAgain) {
        case .sent:
            sent = record.sequence
            confirmSoon()
            return true
        case .busy:
            sendTimer?.set(at: loop.now + Self.sendDelay)
            return false
        case .absent:
            trouble = trouble ?? .absent
            sendTimer?.set(at: loop.now + Self.absenceDelay)
            return false
        }
    }

    /// What waits, in its order, a batch at a time.
    private func sendWaiting() {
        guard isChecked else { return }
        if !host.hasJournal { return sendTimer?.set(at: loop.now + Self.absenceDelay) ?? () }
        do throws(LedgerError) {
            let records = try ledger.auditRecords(after: sent, limit: Self.batch)
            for record in records where !send(record) { return }
            if sent < ledger.auditTip.sequence { sendTimer?.set(at: loop.now) }
        } catch {
            journal.report(error)
            sendTimer?.set(at: loop.now + Self.confirmDelayMax)
        }
    }

    // MARK: Confirming

    private func confirmSoon() {
        if confirmation != nil || confirmTimer?.isEnabled == true { return }
        confirmTimer?.set(at: loop.now + confirmDelay)
    }

    private func confirm() {
        if confirmation != nil { return }
        // Without a journal nobody has kept anything, and all that is to be sent waits.
        if !host.hasJournal { return failed(.absent) }
        do {
            let records = try ledger.auditRecords(
                after: isChecked ? confirmed : looked, limit: Self.lookups
            ).filter { $0.sequence <= (isChecked ? sent : inherited) }
            if records.isEmpty, isChainKnown { return wasChecked() }
            confirmation = try ask(records)
        } catch { failed(.unknown(host.text(error))) }
    }

    private func ask(_ records: [StoredAuditRecord]) throws -> AskedHelper {
        var question = isChainKnown ? "" : "chain \(ledger.auditChain)\n"
        for record in records { question += "\(record.sequence) \(record.hash.text)\n" }
        let arguments =
            ["bulkhead-audit", "confirm"]
            + (host.journalNamespace.map { ["--namespace", $0] } ?? [])
        return try AskedHelper.start(
            loop, try host.auditReader(), arguments, .standard(question: Array(question.utf8))
        ) { [unowned self] in answered($0, about: records) }
    }

    private func answered(_ asked: AskedHelper, about records: [StoredAuditRecord]) {
        confirmation = nil
        let (status, bytes) = asked.outcome()
        guard let found = ConfirmedRecords(bytes, chain: ledger.auditChain) else {
            // journald takes what it is given and keeps nothing: nobody can wait for that to change.
            if status == .exited(code: 3) {
                if !isChecked { wasChecked() }
                return failed(.void)
            }
            return failed(.unknown("journald does not answer"))
        }
        trouble = nil
        let missing = found.missing
        if !isChainKnown {
            do {
                if let first = try obstacle(found) {
                    return try beginChain(
                        first, keeping: records.map(\.sequence).filter(missing.contains),
                        after: records.last?.sequence ?? confirmed)
                }
            } catch { return failed(.unknown(host.text(error))) }
            isChainKnown = true
            // What an earlier supervisor left unsigned waits no longer.
            signNow()
        }
        let last = records.last?.sequence ?? confirmed
        let kept = records.last { !missing.contains($0.sequence) }?.sequence
        if !isChecked {
            // What comes after the last one that is there was never sent, or is gone to the last: it is
            // sent in its order. What is missing before it is found as soon as that is known.
            sent = kept ?? sent
            looked = last
            return looked >= inherited ? wasChecked() : confirmTimer?.set(at: loop.now) ?? ()
        }
        let lost = records.filter { missing.contains($0.sequence) }
        // Later ones were sent while these were looked up.
        do throws(LedgerError) {
            try tell(lost, before: sent > last ? UInt64.max : kept ?? 0)
        } catch {
            // Sent again without it they would look tampered with for ever: asked again in a while.
            return failed(.untold(host.text(error)))
        }
        for record in lost
        where publisher.send(record.bytes, hash: record.hash, isAgain: true) != .sent { break }
        confirmed = (lost.first?.sequence).map { $0 - 1 } ?? last
        lostOnes = lostOnes.filter { $0 > confirmed }
        do throws(LedgerError) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.setAuditConfirmed(confirmed)
            }
        } catch { journal.report(error) }
        // As long as it helps to send them again, there is no reason to wait for longer.
        confirmDelay =
            lost.isEmpty || lost.count < lostBefore
            ? Self.confirmDelayMin : min(confirmDelay * 2, Self.confirmDelayMax)
        lostBefore = lost.count
        if sent < ledger.auditTip.sequence { sendTimer?.set(at: loop.now) }
        if confirmed < sent { confirmSoon() }
    }

    /// It is known what an earlier supervisor has sent: what waited for that is sent now.
    private func wasChecked() {
        isChecked = true
        sendTimer?.set(at: loop.now)
        if confirmed < sent { confirmSoon() }
    }

    /// Goes on with a new chain: nothing of the old one that the journal has not is lost.
    private func beginChain(
        _ first: AuditEntry, keeping missing: [UInt64], after last: UInt64
    ) throws(LedgerError) {
        // What the ledger tells of meanwhile has numbers of the new chain.
        let wasChecked = isChecked
        isChecked = false
        do throws(LedgerError) {
            try ledger.beginAuditChain(
                first, keeping: missing, after: last, most: Self.keptMax)
        } catch {
            isChecked = wasChecked
            throw error
        }
        (confirmed, sent, signed, inherited, looked) = (0, 0, 0, 0, 0)
        lostOnes = []
        lostBefore = 0
        isChainKnown = true
        isChecked = true
        sendTimer?.set(at: loop.now)
        sign()
    }

    /// Records that journald has lost while it kept later ones will stand after those: that is told first,
    /// once, so that nobody takes it for tampering. Where a head has counted one of them, only what is signed
    /// excuses that it stands elsewhere: it does not wait. Where this throws, nothing is told, and none may be
    /// sent again.
    private func tell(
        _ lost: [StoredAuditRecord], before kept: UInt64
    ) throws(LedgerError) {
        // What is told stands before all that are sent again, also before those that nothing followed so far.
        let new = lost.map(\.sequence).filter { !lostOnes.contains($0) }
        if !new.contains(where: { $0 < kept }) { return }
        try add(
            AuditRanges.texts(of: new).map { range, count in
                AuditEntry(
                    .auditGap,
                    "journald has not kept \(count) records, which are sent again: \(range)",
                    details: [(AuditField.range, range), (AuditField.count, String(count))])
            })
        lostOnes.formUnion(new)
        if let first = new.first, first < signed { signNow() }
    }

    private func failed(_ why: AuditTrouble) {
        trouble = why
        confirmDelay = min(confirmDelay * 2, Self.failureDelayMax)
        confirmTimer?.set(at: loop.now + confirmDelay)
    }
}
