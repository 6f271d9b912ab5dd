internal import CSystemdEvents

/// Something that a loop waits for. It ends when the last reference to it is gone.
public class EventSource {
    /// Set once, right after it was made.
    final var source: OpaquePointer?
    /// A source outlives no loop.
    private final let loop: Loop

    init(of loop: Loop) { self.loop = loop }

    deinit {
        // Also from within its own handler: sd-event lets that return first.
        if let source { sd_event_source_disable_unref(source) }
    }

    /// Whether its handler is called. The corresponding call is sd_event_source_set_enabled(3).
    public final var isEnabled: Bool {
        get {
            guard let source else { return false }
            return sd_event_source_get_enabled(source, nil) > 0
        }
        set { setEnabled(newValue ? CInt(SD_EVENT_ON) : CInt(SD_EVENT_OFF)) }
    }

    /// Stops waiting, now. To be called before a descriptor that is waited for is closed: the source itself
    /// may live until its handler has returned, and the number would by then be another's, or the open
    /// file another process's, for which the kernel would go on waking us (epoll(7), question 6).
    public final func cancel() { setEnabled(CInt(SD_EVENT_OFF)) }

    /// Those with a lower number are handled first; 0 by default. The corresponding call is
    /// sd_event_source_set_priority(3).
    public final func setPriority(_ priority: Int64) {
        guard let source else { return }
        // It fails only where memory is over, and then only the order is another.
        _ = sd_event_source_set_priority(source, priority)
    }

    final func setEnabled(_ state: CInt) {
        guard let source else { return }
        // An I/O source that is switched on again is registered with epoll again; that this fails
        // (no memory, no watch left) would leave a loop that sleeps for ever.
        let result = sd_event_source_set_enabled(source, state)
        precondition(result >= 0, "sd_event_source_set_enabled: \(-result)")
    }

    /// For sd-event's user data. A handler may drop the last reference to its own source: whoever takes
    /// it out of the pointer holds one more while the handler runs.
    final var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }
}
