internal import Audit
internal import EventLoop
internal import Ledger
internal import Plan
internal import Syscalls

/// Watches whether somebody sets the machine's clock, which makes times before and after incomparable.
final class ClockJumps {
    private let watch: ClockWatch
    private var source: DescriptorSource?
    /// Microseconds that the clock was ahead of the one that never jumps.
    private var lead: Int64

    /// - Parameter told: called with by how many microseconds the clock was moved.
    init(_ loop: Loop, _ told: @escaping (Int64) -> Void) throws(SystemCallError) {
        watch = try ClockWatch()
        lead = Self.lead
        let number = watch.descriptor.number
        source = try loop.watch(number, for: .readable) { [unowned self] _ in
            guard let wasSet = try? watch.wasSet() else {
                source?.cancel()
                return
            }
            let now = Self.lead
            if wasSet { told(now - lead) }
            lead = now
        }
    }

    deinit { source?.cancel() }

    private static var lead: Int64 { realtimeNanoseconds() / 1_000 - monotonicMicroseconds() }
}

extension Supervisor {
    func watchClock() throws(SystemCallError) {
        clockJumps = try ClockJumps(loop) { [unowned self] microseconds in
            let milliseconds = microseconds / 1_000
            let seconds = "\(abs(milliseconds) / 1_000).\(Self.padded(abs(milliseconds) % 1_000))"
            record(
                AuditEntry(
                    .clockJumped,
                    "the machine's clock was set \(microseconds < 0 ? "back" : "forward") by "
                        + "\(seconds) s"))
        }
    }

    /// Three digits.
    private static func padded(_ number: Int64) -> String {
        let text = String(number)
        return String(repeating: "0", count: 3 - text.utf8.count) + text
    }
}
