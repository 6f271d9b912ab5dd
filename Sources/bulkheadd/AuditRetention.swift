internal import EventLoop
internal import Ledger
internal import Syscalls

/// Takes old records out of the ledger, and recordings of sessions from the disk, a little at a time: at the
/// start, once a day, and when the configuration says another time.
final class AuditRetention {
    /// 0: for ever.
    var days: UInt32 = 0 {
        didSet { if days != oldValue { timer?.set(at: loop.now) } }
    }
    /// journald keeps nothing, so to wait until it has what is old would be to keep all for ever.
    var isWithoutJournal = false {
        didSet { if isWithoutJournal && !oldValue { timer?.set(at: loop.now) } }
    }
    private let ledger: LedgerStore
    private let loop: Loop
    private var timer: TimerSource?
    private var hasPruned = false
    /// Called with the time before which recordings are too old, in microseconds since the epoch; whether
    /// there may be more.
    var pruneRecordings: (Int64) -> Bool = { _ in false }
    /// Called after the last step of those that took something out.
    var whenDone: () -> Void = {}
    var whenFailed: (LedgerError) -> Void = { _ in }

    /// As many take some milliseconds.
    private static let step = 500
    /// Microseconds.
    private static let pause: Int64 = 50_000
    private static let day: Int64 = 86_400_000_000

    init(_ ledger: LedgerStore, _ loop: Loop) throws {
        self.ledger = ledger
        self.loop = loop
        timer = try loop.timer(accuracyMicroseconds: 250_000) { [unowned self] in prune() }
    }

    private func prune() {
        if days == 0 { return }
        let before = realtimeNanoseconds() / 1_000 - Int64(days) * Self.day
        do throws(LedgerError) {
            let count = try ledger.pruneAudit(
                before: before, limit: Self.step, isUnseenToo: isWithoutJournal)
            if count > 0 { hasPruned = true }
            let isMore = pruneRecordings(before)
            if count == Self.step || isMore { return timer?.set(at: loop.now + Self.pause) ?? () }
            if hasPruned { whenDone() }
            hasPruned = false
        } catch { whenFailed(error) }
        timer?.set(at: loop.now + Self.day)
    }
}
