internal import CSystemdEvents
public import Syscalls

/// The one loop of a program, in its one thread: sd-event(3).
///
/// Handlers never throw and never wait. What a source watches is watched until the last reference to
/// the source is gone, also from within its own handler.
public final class Loop {
    let event: OpaquePointer

    /// The corresponding call is sd_event_new(3).
    public init() throws(SystemCallError) {
        var made: OpaquePointer?
        try checked("sd_event_new", on: "the event loop", sd_event_new(&made))
        // It has told of every failure above.
        event = made!
    }

    deinit { sd_event_unref(event) }

    /// Handles events until `exit(_:)` is called, and returns its code. The corresponding call is
    /// sd_event_loop(3).
    public func run() throws(SystemCallError) -> Int32 {
        try checked("sd_event_loop", on: "the event loop", sd_event_loop(event))
    }

    /// Handles at most one event, waiting for it this long; false where none came. The corresponding
    /// call is sd_event_run(3).
    public func turn(timeoutMicroseconds: UInt64) throws(SystemCallError) -> Bool {
        try checked("sd_event_run", on: "the event loop", sd_event_run(event, timeoutMicroseconds))
            > 0
    }

    /// Lets `run()` return when the current handler has. The corresponding call is sd_event_exit(3).
    public func exit(_ code: Int32) {
        // It fails only for a loop that has finished, which is what is wanted.
        _ = sd_event_exit(event, code)
    }

    /// Microseconds of CLOCK_MONOTONIC, taken once for all handlers of one awakening. The corresponding
    /// call is sd_event_now(3).
    public var now: Int64 {
        var time: UInt64 = 0
        // Before the first awakening it asks the clock; CLOCK_MONOTONIC is never unsupported.
        _ = sd_event_now(event, CInt(CLOCK_MONOTONIC), &time)
        return Int64(clamping: time)
    }

    /// Tells the service manager that the loop turns, as often as it wants to hear it; false where it
    /// does not. The corresponding call is sd_event_set_watchdog(3).
    @discardableResult
    public func enableWatchdog() throws(SystemCallError) -> Bool {
        try checked("sd_event_set_watchdog", on: "the event loop", sd_event_set_watchdog(event, 1))
            > 0
    }
}

/// What sd-event returned, or the negated error number in it.
@discardableResult
func checked(
    _ call: String, on target: @autoclosure () -> String, _ result: CInt
) throws(SystemCallError) -> CInt {
    if result < 0 { throw SystemCallError(call, on: target(), Errno(rawValue: -result)) }
    return result
}
