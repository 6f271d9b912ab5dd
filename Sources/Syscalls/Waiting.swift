internal import CLinux

/// What to wait for on one descriptor, and what came of it: poll(2).
public struct PollEntry: Sendable {
    public struct Events: OptionSet, Sendable {
        public let rawValue: Int16
        public init(rawValue: Int16) { self.rawValue = rawValue }
        public static let readable = Events(rawValue: 0x1)
        public static let writable = Events(rawValue: 0x4)
        public static let failed = Events(rawValue: 0x8)
        public static let hungUp = Events(rawValue: 0x10)
    }

    public var descriptor: CInt
    public var events: Events
    public var occurred: Events = []

    public init(_ descriptor: CInt, _ events: Events) {
        self.descriptor = descriptor
        self.events = events
    }
}

/// Waits until something happens on an entry or the time is over (nil: for ever); an interruption
/// by a signal returns early. The corresponding call is ppoll(2).
public func poll(
    _ entries: inout [PollEntry], timeoutMilliseconds: Int64?
) throws(SystemCallError) {
    var raw = entries.map { bh_poll(fd: $0.descriptor, events: $0.events.rawValue, revents: 0) }
    let count = UInt32(raw.count)
    let result = bh_poll(&raw, count, timeoutMilliseconds ?? -1)
    if result < 0 {
        let errno = Errno(rawValue: CInt(-result))
        if errno != .EINTR { throw SystemCallError("ppoll", on: "\(count) descriptors", errno) }
    }
    for index in entries.indices {
        entries[index].occurred = .init(rawValue: raw[index].revents)
    }
}

/// Sleeps; a signal may end it early. The corresponding call is ppoll(2).
public func sleep(milliseconds: Int64) { _ = bh_poll(nil, 0, milliseconds) }

/// Signals as something to read: they are blocked for this process from here on. signalfd(2).
public struct SignalQueue: ~Copyable, Sendable {
    public let descriptor: FileDescriptor

    public init(_ signals: [Signal]) throws(SystemCallError) {
        let mask = signals.reduce(UInt64(0)) { $0 | 1 << UInt64($1.rawValue) }
        descriptor = FileDescriptor(
            owning: CInt(try checked("signalfd", on: "signals") { bh_signalfd(mask) }))
    }

    /// The next signal that came, nil where none waits.
    public func next() throws(SystemCallError) -> Signal? {
        do {
            let number = try checked("read", on: "signalfd") { bh_read_signal(descriptor.number) }
            return Signal(rawValue: CInt(number))
        } catch  where error.errno == .EAGAIN { return nil }
    }
}

/// Lets a signal do what it does by default, whatever this process's parent made of it. The
/// corresponding call is sigaction(2) with `SIG_DFL`.
public func setDefault(_ signal: Signal) throws(SystemCallError) {
    try checked("sigaction", on: signal.name) { bh_default_signal(signal.rawValue) }
}

/// Microseconds of a clock that never jumps: clock_gettime(2), `CLOCK_MONOTONIC`.
public func monotonicMicroseconds() -> Int64 { bh_monotonic_us() }

/// Microseconds of CLOCK_BOOTTIME, which is never set and goes on while the machine sleeps.
/// clock_gettime(2)
public func boottimeMicroseconds() -> Int64 { bh_boottime_us() }

/// Nanoseconds since the epoch, as in `FileStatus`: clock_gettime(2), `CLOCK_REALTIME`.
public func realtimeNanoseconds() -> Int64 { bh_realtime_ns() }

/// Bytes from the kernel's generator. The corresponding call is getrandom(2).
public func randomBytes(_ count: Int) throws(SystemCallError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try checked("getrandom", on: "\(count) bytes") { bh_random(&bytes, count) }
    return bytes
}
