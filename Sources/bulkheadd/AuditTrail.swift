internal import Audit
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
    private let inherited: UInt64
    private var sendTimer: TimerSource?
    private var confirmTimer: TimerSource?
    private(set) var headTimer: TimerSource?
    private var confirmation: Confirmation?
    private var confirmDelay = AuditTrail.confirmDelayMin
    /// Why it could not be looked up the last time; nil where it could.
    private(set) var trouble: String?
    var signed: UInt64

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
        isChecked = confirmed == inherited
        sendTimer = try loop.timer { [unowned self] in sendWaiting() }
        confirmTimer = try loop.timer(accuracyMicroseconds: 250_000) { [unowned self] in confirm() }
        headTimer = try loop.timer(accuracyMicroseconds: 250_000) { [unowned self] in sign() }
        ledger.whenAudited = { [unowned self] in wereAdded($0) }
        if !isChecked { confirmTimer?.set(at: loop.now) }
    }

    deinit { ledger.whenAudited = nil }

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
        signSoon()
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

    /// What `bulkhead-audit confirm` was asked.
    private final class Confirmation {
        let records: [StoredAuditRecord]
        let process: ProcessHandle
        let answer: FileDescriptor
        var source: DescriptorSource?

        init(
            _ records: [StoredAuditRecord], _ process: consuming ProcessHandle,
            answer: consuming FileDescriptor
        ) {
            self.records = records
            self.process = process
            self.answer = answer
        }

        deinit { source?.cancel() }
    }

    private func confirmSoon() {
        if confirmation != nil || confirmTimer?.isEnabled == true { return }
        confirmTimer?.set(at: loop.now + confirmDelay)
    }

    private func confirm() {
        if confirmation != nil { return }
        // Without a journal nobody has kept anything, and all that is to be sent waits.
        if !host.hasJournal { return failed("there is no journald") }
        do {
            let records = try ledger.auditRecords(
                after: isChecked ? confirmed : looked, limit: Self.lookups
            ).filter { $0.sequence <= (isChecked ? sent : inherited) }
            if records.isEmpty { return wasChecked() }
            confirmation = try ask(records)
        } catch { failed(host.text(error)) }
    }

    private func ask(_ records: [StoredAuditRecord]) throws -> Confirmation {
        var question = ""
        for record in records { question += "\(record.sequence) \(record.hash.text)\n" }
        let input = try memoryFile("bulkhead-audit", containing: Array(question.utf8))
        let (reading, writing) = try pipe(nonBlocking: true).split()
        let answer = FileDescriptor(owning: reading)
        let output = FileDescriptor(owning: writing)
        let child = try spawnProgram(
            try host.auditReader(), arguments: ["bulkhead-audit", "confirm"], environment: [],
            descriptors: [input.number, output.number, nil])
        let asked = Confirmation(records, child, answer: answer)
        asked.source = try loop.watch(asked.process.descriptor.number, for: .readable) {
            [unowned self, unowned asked] _ in answered(asked)
        }
        return asked
    }

    private func answered(_ asked: Confirmation) {
        // Readable means ended: it does not wait.
        _ = try? asked.process.wait()
        confirmation = nil
        let bytes = (try? asked.answer.read(upTo: 65_536)) ?? []
        guard let missing = Self.missing(in: bytes) else {
            return failed("the journal could not be read")
        }
        trouble = nil
        let last = asked.records.last?.sequence ?? confirmed
        let kept = asked.records.last { !missing.contains($0.sequence) }?.sequence
        if !isChecked {
            // What comes after the last one that is there was never sent, or is gone to the last: it is
            // sent in its order. What is missing before it is found as soon as that is known.
            sent = kept ?? sent
            looked = last
            return looked >= inherited ? wasChecked() : confirmTimer?.set(at: loop.now) ?? ()
        }
        let lost = asked.records.filter { missing.contains($0.sequence) }
        // Later ones were sent while these were looked up.
        tell(lost, before: sent > last ? UInt64.max : kept ?? 0)
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

    /// Records that journald has lost while it kept later ones will stand after those: that is told first,
    /// once, so that nobody takes it for tampering.
    private func tell(_ lost: [StoredAuditRecord], before kept: UInt64) {
        let new = lost.map(\.sequence).filter { $0 < kept && !lostOnes.contains($0) }
        guard let range = Self.ranges(new) else { return }
        lostOnes.formUnion(new)
        do throws(LedgerError) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.append(
                    AuditEntry(
                        .auditGap,
                        "journald has not kept \(new.count) records, which are sent again: \(range)",
                        details: [
                            (AuditField.range, range), (AuditField.count, String(new.count)),
                        ]))
            }
        } catch { journal.report(error) }
    }

    private func failed(_ reason: String) {
        trouble = reason
        confirmDelay = min(confirmDelay * 2, Self.failureDelayMax)
        confirmTimer?.set(at: loop.now + confirmDelay)
    }

    /// The numbers before `done`; nil where there is none.
    private static func missing(in answer: [UInt8]) -> Set<UInt64>? {
        var missing: Set<UInt64> = []
        for line in answer.split(separator: UInt8(ascii: "\n")) {
            let text = String(decoding: line, as: UTF8.self)
            if text == "done" { return missing }
            guard let number = UInt64(text) else { return nil }
            missing.insert(number)
        }
        return nil
    }

    /// `5-9, 12`; nil for none.
    private static func ranges(_ numbers: [UInt64]) -> String? {
        var parts: [(first: UInt64, last: UInt64)] = []
        for number in numbers {
            if let last = parts.last, last.last + 1 == number {
                parts[parts.count - 1].last = number
            } else {
                parts.append((number, number))
            }
        }
        if parts.isEmpty { return nil }
        return commaSeparated(
            parts.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" })
    }
}
