internal import CSystemdEvents

/// Waits for a moment: sd_event_add_time(3).
public final class TimerSource: EventSource {
    let handler: () -> Void

    init(of loop: Loop, _ handler: @escaping () -> Void) {
        self.handler = handler
        super.init(of: loop)
    }

    /// Calls the handler once, at this time of CLOCK_MONOTONIC in microseconds or just after.
    public func set(at microseconds: Int64) {
        guard let source else { return }
        let result = sd_event_source_set_time(source, UInt64(clamping: microseconds))
        precondition(result >= 0, "sd_event_source_set_time: \(-result)")
        setEnabled(CInt(SD_EVENT_ONESHOT))
    }

    public func disarm() { setEnabled(CInt(SD_EVENT_OFF)) }
}
