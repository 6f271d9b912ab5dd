internal import Audit
internal import EventLoop
internal import Ledger
internal import Plan
internal import Syscalls

/// Watches whether somebody sets the machine's clock, which makes times before and after incomparable.
final class ClockJumps {
    private let watch: ClockWatch
    private var source: DescriptorSource?
    /// Microseconds that the clock was ahead of the one that never jumps, and goes on while the machine sleeps:
    /// a resume, which the kernel tells like a clock that was set, leaves it as it is.
    private var lead: Int64

    /// Less is what lies between two looks at two clocks.
    private static let least: Int64 = 1_000

    /// - Parameter told: called with what the clock would say and what it says, in microseconds since the
    ///   epoch.
    init(
        _ loop: Loop, _ told: @escaping (_ before: Int64, _ after: Int64) -> Void
    ) throws(SystemCallError) {
        watch = try ClockWatch()
        lead = Self.lead
        let number = watch.descriptor.number
        source = try loop.watch(number, for: .readable) { [unowned self] _ in
            guard let wasSet = try? watch.wasSet() else {
                source?.cancel()
                return
            }
            let (now, next) = (realtimeNanoseconds() / 1_000, Self.lead)
            // Many small steps are told once they are one that counts.
            guard wasSet, abs(next - lead) >= Self.least else { return }
            told(now - (next - lead), now)
            lead = next
        }
    }

    deinit { source?.cancel() }

    private static var lead: Int64 { realtimeNanoseconds() / 1_000 - boottimeMicroseconds() }
}

extension Supervisor {
    func watchClock() throws(SystemCallError) {
        clockJumps = try ClockJumps(loop) { [unowned self] before, after in
            let milliseconds = (after - before) / 1_000
            let seconds = "\(abs(milliseconds) / 1_000).\(Self.padded(abs(milliseconds) % 1_000))"
            recordOrKeep(
                AuditEntry(
                    .clockJumped,
                    "the machine's clock was set \(after < before ? "back" : "forward") by "
                        + "\(seconds) s",
                    details: [
                        (AuditField.from, String(before)), (AuditField.to, String(after)),
                    ]))
            // How long what is unsigned waits cannot be told across it.
            trail.signNow()
        }
    }

    /// Three digits.
    private static func padded(_ number: Int64) -> String {
        let text = String(number)
        return String(repeating: "0", count: 3 - text.utf8.count) + text
    }
}
