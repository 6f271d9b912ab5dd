internal import Audit
internal import Configuration
internal import EventLoop
internal import Plan
internal import Syscalls

/// Puts the line of each signed head where the configuration says: outside, so that nobody who can write
/// to this machine's journal can take back what was there.
///
/// Each is put by a helper, `bulkhead-audit anchor`, so that nothing here waits for a disk, a program or a
/// server: one at a time for each anchor. Where several heads wait, the newest goes: it vouches for all
/// before it.
final class AuditAnchors {
    private let loop: Loop
    private let host: HostServices
    private var places: [Place] = []
    private var last: Head?
    /// Records it.
    var tell: (AuditEntry) -> Void = { _ in }

    private struct Head {
        let line: String
        let sequence: UInt64
    }

    /// An anchor and how it does.
    private final class Place {
        let anchor: AuditSettings.Anchor
        var waiting: Head?
        /// The head that is on its way, and who brings it.
        var attempt: (head: Head, helper: AskedHelper)?
        var retry: TimerSource?
        var delay = AuditAnchors.delayMin
        /// Why the last head is not there; nil where it is, or none was tried.
        var failure: String?
        /// The last that is there; 0 for none.
        var reached: UInt64 = 0

        init(_ anchor: AuditSettings.Anchor) { self.anchor = anchor }
    }

    /// Microseconds.
    private static let delayMin: Int64 = 1_000_000
    private static let delayMax: Int64 = 300_000_000
    /// The helper's own time and some more: a disk may hold it up where it cannot look at a clock.
    private static let attemptMax: Int64 = 15_000_000

    init(_ loop: Loop, _ host: HostServices) {
        self.loop = loop
        self.host = host
    }

    /// Takes what the configuration says; those that stay go on as they were.
    func follow(_ anchors: [AuditSettings.Anchor]) {
        let before = places
        places = anchors.map { anchor in
            before.first { $0.anchor == anchor } ?? Place(anchor)
        }
        for place in before where !anchors.contains(place.anchor) {
            place.waiting = nil
            place.retry?.cancel()
            place.retry = nil
        }
        for place in places where !before.contains(where: { $0 === place }) {
            place.waiting = last
            begin(place)
        }
    }

    /// Puts a head everywhere.
    func put(_ line: String, of sequence: UInt64) {
        let head = Head(line: line, sequence: sequence)
        last = head
        for place in places {
            place.waiting = head
            // Between two attempts that failed, it waits for its turn.
            if place.failure == nil { begin(place) }
        }
    }

    private func begin(_ place: Place) {
        guard place.attempt == nil, let head = place.waiting else { return }
        place.waiting = nil
        do { place.attempt = (head, try start(head, place)) } catch {
            failed(place, head, host.text(error))
        }
    }

    private func start(_ head: Head, _ place: Place) throws -> AskedHelper {
        var arguments = ["bulkhead-audit", "anchor"]
        switch place.anchor {
        case .file(let path): arguments += ["file", path]
        case .command(let words): arguments += ["command"] + words
        case .url(let url): arguments += ["url", url]
        }
        // The place may be gone from the configuration before its helper has ended: it is reaped all the
        // same, so the helper holds the place until then.
        return try AskedHelper.start(
            loop, try host.auditReader(), arguments,
            .standard(question: Array((head.line + "\n").utf8)), limit: Self.attemptMax
        ) { [unowned self] in ended(place, $0) }
    }

    private func ended(_ place: Place, _ helper: AskedHelper) {
        let said = helper.outcome().answer
        guard let attempt = place.attempt else { return }
        place.attempt = nil
        let line = String(decoding: said.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard places.contains(where: { $0 === place }) else { return }
        if line == "done" {
            succeeded(place, attempt.head)
        } else {
            failed(place, attempt.head, line.isEmpty ? "it did not end in time" : printable(line))
        }
    }

    private func succeeded(_ place: Place, _ head: Head) {
        let isNew = place.reached == 0 || place.failure != nil
        place.reached = head.sequence
        place.failure = nil
        place.delay = Self.delayMin
        if isNew {
            tell(
                AuditEntry(
                    .auditAnchored,
                    "heads of the audit trail are put outside, now record \(head.sequence): "
                        + "\(place.anchor)", details: [(AuditField.to, place.anchor.description)]))
        }
        begin(place)
    }

    private func failed(_ place: Place, _ head: Head, _ reason: String) {
        // The newest goes the next time; this one where there is none.
        place.waiting = place.waiting ?? head
        let isNew = place.failure == nil
        place.failure = reason
        if place.retry == nil {
            // Without a timer it is tried again with the next head that finds no failure.
            place.retry = try? loop.timer(accuracyMicroseconds: 250_000) {
                [unowned self, unowned place] in begin(place)
            }
        }
        place.retry?.set(at: loop.now + place.delay)
        place.delay = min(place.delay * 2, Self.delayMax)
        if isNew {
            tell(
                AuditEntry(
                    .auditAnchorFailed,
                    "heads of the audit trail cannot be put outside: \(place.anchor): \(reason)",
                    details: [
                        (AuditField.to, place.anchor.description), (AuditField.cause, reason),
                    ]))
        }
    }

    // MARK: Health

    /// How each does, in a few words; nil where there is none.
    var text: String? {
        if places.isEmpty { return nil }
        let parts = places.map { place in
            let reached = place.reached == 0 ? "no record" : "record \(place.reached)"
            return place.failure.map { "\(place.anchor) has \(reached): \($0)" }
                ?? "\(place.anchor) has \(reached)"
        }
        return commaSeparated(parts)
    }

    var areWell: Bool { places.allSatisfy { $0.failure == nil } }
}
