internal import CSystemdEvents

/// Waits for a descriptor, which has to stay open as long: sd_event_add_io(3).
public final class DescriptorSource: EventSource {
    let handler: (Readiness) -> Void
    public private(set) var readiness: Readiness

    init(
        of loop: Loop, _ readiness: Readiness, _ handler: @escaping (Readiness) -> Void
    ) {
        self.handler = handler
        self.readiness = readiness
        super.init(of: loop)
    }

    /// Waits for something else from now on. Hanging up and failing are told always: to hear nothing,
    /// disable the source.
    public func wait(for readiness: Readiness) {
        guard let source, readiness != self.readiness else { return }
        self.readiness = readiness
        let result = sd_event_source_set_io_events(source, readiness.rawValue)
        precondition(result >= 0, "sd_event_source_set_io_events: \(-result)")
    }
}
