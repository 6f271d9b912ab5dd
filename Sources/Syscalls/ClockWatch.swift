internal import CLinux

/// Tells when the machine's clock is set: timerfd_create(2), `TFD_TIMER_CANCEL_ON_SET`.
public struct ClockWatch: ~Copyable, Sendable {
    /// Readable when the clock was set.
    public let descriptor: FileDescriptor

    public init() throws(SystemCallError) {
        descriptor = FileDescriptor(
            owning: CInt(try checked("timerfd_create", on: "CLOCK_REALTIME") { bh_clock_watch() }))
    }

    /// Whether it was set since the last time that was asked.
    public func wasSet() throws(SystemCallError) -> Bool {
        try checked("timerfd_settime", on: "CLOCK_REALTIME") { bh_clock_was_set(descriptor.number) }
            == 1
    }
}
