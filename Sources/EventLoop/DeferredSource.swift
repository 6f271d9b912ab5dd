internal import CSystemdEvents

/// Calls its handler once for each time it was asked to, when the current handler has returned and
/// what waits since longer was handled: sd_event_add_defer(3).
public final class DeferredSource: EventSource {
    let handler: () -> Void

    init(of loop: Loop, _ handler: @escaping () -> Void) {
        self.handler = handler
        super.init(of: loop)
    }

    /// Asked twice before it came, it comes once.
    public func trigger() { setEnabled(CInt(SD_EVENT_ONESHOT)) }
}
