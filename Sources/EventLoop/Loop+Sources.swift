internal import CSystemdEvents
public import Syscalls

extension Loop {
    /// Calls `handler` whenever the descriptor is ready, until nobody holds the source any more.
    public func watch(
        _ descriptor: CInt, for readiness: Readiness, _ handler: @escaping (Readiness) -> Void
    ) throws(SystemCallError) -> DescriptorSource {
        let made = DescriptorSource(of: self, readiness, handler)
        try checked(
            "sd_event_add_io", on: "descriptor \(descriptor)",
            sd_event_add_io(
                event, &made.source, descriptor, readiness.rawValue,
                { _, _, occurred, context in
                    let source = Unmanaged<DescriptorSource>.fromOpaque(context!)
                        .takeUnretainedValue()
                    source.handler(Readiness(rawValue: occurred))
                    return 0
                }, made.context))
        return made
    }

    /// A timer that is not set yet.
    ///
    /// - Parameter accuracy: how much later than set it may come, so that awakenings can be shared.
    public func timer(
        accuracyMicroseconds accuracy: UInt64 = 1_000, _ handler: @escaping () -> Void
    ) throws(SystemCallError) -> TimerSource {
        let made = TimerSource(of: self, handler)
        try checked(
            "sd_event_add_time", on: "CLOCK_MONOTONIC",
            sd_event_add_time(
                event, &made.source, CInt(CLOCK_MONOTONIC), UInt64.max, accuracy,
                { _, _, context in
                    let source = Unmanaged<TimerSource>.fromOpaque(context!).takeUnretainedValue()
                    source.handler()
                    return 0
                }, made.context))
        made.disarm()
        return made
    }

    /// Calls `handler` for this signal instead of what it does by default; it is blocked for this thread
    /// from here on, which has to be the only one. The corresponding call is sd_event_add_signal(3).
    public func watch(
        _ signal: Signal, _ handler: @escaping () -> Void
    ) throws(SystemCallError) -> SimpleSource {
        let made = SimpleSource(of: self, handler)
        try checked(
            "sd_event_add_signal", on: signal.name,
            sd_event_add_signal(
                event, &made.source, signal.rawValue | CInt(SD_EVENT_SIGNAL_PROCMASK),
                { _, _, context in
                    let source = Unmanaged<SimpleSource>.fromOpaque(context!).takeUnretainedValue()
                    source.handler()
                    return 0
                }, made.context))
        return made
    }

    /// Something to be done after the current handler, when it is triggered.
    public func deferred(
        _ handler: @escaping () -> Void
    ) throws(SystemCallError) -> DeferredSource {
        let made = DeferredSource(of: self, handler)
        try checked(
            "sd_event_add_defer", on: "the event loop",
            sd_event_add_defer(
                event, &made.source,
                { _, context in
                    let source = Unmanaged<DeferredSource>.fromOpaque(context!)
                        .takeUnretainedValue()
                    source.handler()
                    return 0
                }, made.context))
        made.setEnabled(CInt(SD_EVENT_OFF))
        return made
    }

    /// Calls `handler` after each turn in which another one was called. The corresponding call is
    /// sd_event_add_post(3).
    public func afterOthers(
        _ handler: @escaping () -> Void
    ) throws(SystemCallError) -> SimpleSource {
        let made = SimpleSource(of: self, handler)
        try checked(
            "sd_event_add_post", on: "the event loop",
            sd_event_add_post(
                event, &made.source,
                { _, context in
                    let source = Unmanaged<SimpleSource>.fromOpaque(context!).takeUnretainedValue()
                    source.handler()
                    return 0
                }, made.context))
        return made
    }
}
