internal import Cgroups
internal import Control
internal import Plan
internal import Syscalls

/// Holds a launched sandbox until it is gone: carries its streams, forwards signals, keeps time.
struct RunLoop: ~Copyable {
    private var sandbox: Sandbox
    private let signals: SignalQueue
    private var relays: [Relay]
    private let rawInput: CInt?
    private let readsTerminal: Bool
    private let deadline: Int64?
    private var raw: RawTerminal?
    private var terminal: CInt?
    private var held = DescriptorList()
    /// The sandbox's ends of our pipes, until it has them: while we hold one, none comes to its end.
    private var streams: StandardStreams?

    private var executing: Int64?
    /// Whether init's end of the control socket is closed; its end itself shows in its pidfd.
    private var hungUp = false
    private var ending: InitMessage.Ending?
    private var casualties: [Casualty] = []
    private var stop: StopReason?
    private var killAt: Int64?
    private var failure: LaunchError?
    private var initExit: ProcessExit?
    private var measured: Measurement?

    /// Packets that are read before signals and the clock get their turn again, and after init has
    /// gone: more than the kernel keeps for a socket (net.core.wmem_default).
    private static let packetsMax = 64
    private static let lastPacketsMax = 4_096
    /// Casualties that are remembered: more than a report would ever name.
    private static let casualtiesMax = 16
    /// How long output may still come after init has gone: long enough for any reader that reads.
    private static let drainMax: Int64 = 2_000_000

    init(
        _ sandbox: consuming Sandbox, signals: consuming SignalQueue,
        streams: consuming StandardStreams, interactive: Bool
    ) {
        relays = streams.relays
        rawInput = streams.rawInput
        readsTerminal = interactive
        deadline = sandbox.plan.timeLimit.map { sandbox.began + Int64($0.count) * 1_000 }
        self.sandbox = sandbox
        self.signals = signals
        self.streams = consume streams
    }

    /// Runs until nothing of the sandbox is left, and tells what came of it.
    consuming func run(wantsJSON: Bool) throws(LaunchError) -> RunOutcome {
        do throws(SystemCallError) {
            while initExit == nil { try turn() }
            streams = nil
            try drain()
        } catch {
            // The sandbox goes with us: its init is killed as `sandbox` goes out of scope.
            throw .failed(error)
        }
        raw = nil
        if let failure { throw failure }
        let ended = Ended(
            began: sandbox.began, measured: measured, ending: ending, stop: stop,
            casualties: casualties,
            executing: executing)
        return try RunOutcome(consume sandbox, ended, wantsJSON: wantsJSON)
    }

    // MARK: One turn

    private mutating func turn() throws(SystemCallError) {
        var entries = [
            PollEntry(signals.descriptor.number, .readable),
            PollEntry(sandbox.child.descriptor, .readable),
            // A negative number is passed over: poll(2).
            PollEntry(hungUp ? -1 : sandbox.control.descriptor.number, .readable),
        ]
        let fixed = entries.count
        let active = relays.filter { !$0.isOver }
        entries += active.compactMap(\.interest)
        try poll(&entries, timeoutMilliseconds: timeout())
        if !entries[0].occurred.isEmpty { try takeSignals() }
        if !entries[2].occurred.isEmpty { try receive(packetsMax: Self.packetsMax) }
        for (relay, entry) in zip(active, entries[fixed...]) { advance(relay, entry.occurred) }
        keepTime()
        if !entries[1].occurred.isEmpty {
            // What init sent last is still in the socket.
            try receive(packetsMax: Self.lastPacketsMax)
            measure()
            initExit = try sandbox.child.wait()
            if let failed = sandbox.child.failure { failure = .step(failed.step, failed.errno) }
        }
    }

    private func timeout() -> Int64? {
        let next = [stop == nil ? deadline : nil, killAt].compactMap(\.self).min()
        // Rounded up: too early would be a turn for nothing.
        return next.map { max(0, ($0 - monotonicMicroseconds() + 999) / 1_000) }
    }

    private mutating func keepTime() {
        let now = monotonicMicroseconds()
        if let deadline, stop == nil, now >= deadline { end(.timeLimit, with: .SIGTERM) }
        if let killAt, now >= killAt { kill() }
    }

    private mutating func takeSignals() throws(SystemCallError) {
        while let signal = try signals.next() {
            switch signal {
            case .SIGWINCH:
                if let terminal {
                    // Fails where our own terminal has gone, which SIGHUP tells.
                    try? copyWindowSize(from: 0, to: terminal)
                }
            case .SIGHUP, .SIGINT, .SIGQUIT, .SIGTERM:
                // A second one means: now.
                if stop != nil { kill() } else { end(.signal(signal), with: signal) }
            default: break
            }
        }
    }

    private mutating func advance(_ relay: Relay, _ occurred: PollEntry.Events) {
        relay.advance(occurred)
        if relay.lostSource && relay.isInput && rawInput != nil && stop == nil {
            end(.signal(.SIGHUP), with: .SIGHUP)
        }
    }

    // MARK: Messages

    private mutating func receive(packetsMax: Int) throws(SystemCallError) {
        for _ in 0..<packetsMax {
            let packet: PacketSocket.Packet
            do {
                guard let next = try sandbox.control.receive(limit: InitMessage.lengthMax) else {
                    return
                }
                packet = next
            } catch  where error.errno == .EMSGSIZE {
                return distrust("its message is too long")
            } catch  where error.errno == .ECONNRESET {
                // It ended before it read what we sent. Told once; what it sent itself is still there.
                continue
            }
            if packet.bytes.isEmpty { return hangUp() }
            switch InitMessage(packet.bytes) {
            case .started where executing == nil:
                executing = monotonicMicroseconds()
                // Not before: until the child has become init it uses our table of descriptors.
                streams = nil
                sandbox.handedOver = nil
                if sandbox.plan.workload.terminal { try connect(packet) }
            case .notStarted(_, let stage, let errno) where executing == nil:
                failure = LaunchError(stage, errno, of: sandbox.plan.workload)
            case .casualty(_, let pid, let name):
                if casualties.count < Self.casualtiesMax {
                    casualties.append(Casualty(pid: pid, name: name))
                }
            case .ended(_, let end) where executing != nil && ending == nil:
                ending = end
                // What is left of the sandbox ends with the command; without a cgroup to measure, init
                // is ending by itself.
                if sandbox.cgroup.driver != .none { kill() } else { measure() }
            default:
                return distrust("its message makes no sense here")
            }
        }
    }

    /// init has closed its end, because it has ended or because somebody took it over. Whatever it
    /// is, it holds the sandbox no more, and a socket at its end would wake us for ever.
    private mutating func hangUp() {
        hungUp = true
        kill()
    }

    /// init talks nonsense, so it is init no more.
    private mutating func distrust(_ what: String) {
        failure = failure ?? .initFailed(what)
        kill()
    }

    private mutating func connect(_ packet: borrowing PacketSocket.Packet) throws(SystemCallError) {
        guard let number = packet.descriptor, isTerminal(number) else {
            return distrust("it sent no terminal")
        }
        let controller = held.adopt(try FileDescriptor(duplicating: number))
        try setNonBlocking(controller)
        relays.append(StandardStreams.relay(from: controller, toStream: 1, closes: []))
        if readsTerminal {
            relays.append(StandardStreams.relay(fromStream: 0, to: controller, closes: []))
        }
        if let rawInput { raw = try RawTerminal(rawInput) }
        terminal = controller
    }

    // MARK: Ending

    private mutating func end(_ reason: StopReason, with signal: Signal) {
        stop = reason
        killAt = monotonicMicroseconds() + Int64(sandbox.plan.grace.count) * 1_000
        do {
            try sandbox.control.send(InitMessage.signalAll(UInt8(signal.rawValue)).encoded())
        } catch {
            // An init that does not listen cannot be asked.
            kill()
        }
    }

    private mutating func kill() {
        killAt = nil
        // While there is a process: systemd removes a cgroup with its last one.
        measure()
        sandbox.cgroup.kill()
        // With init the kernel kills everything in its pid namespace: pid_namespaces(7).
        try? sandbox.child.signal(.SIGKILL)
    }

    private mutating func measure() {
        if measured != nil { return }
        measured = Measurement(
            usage: sandbox.cgroup.usage(), limits: sandbox.cgroup.limitsInForce(),
            at: monotonicMicroseconds())
    }

    /// Carries over what the command wrote last: with it gone every pipe comes to its end.
    private mutating func drain() throws(SystemCallError) {
        for relay in relays where relay.isInput { relay.end() }
        let until = monotonicMicroseconds() + Self.drainMax
        while true {
            let active = relays.filter { !$0.isOver }
            var entries = active.compactMap(\.interest)
            let left = (until - monotonicMicroseconds()) / 1_000
            if entries.isEmpty || left <= 0 { return }
            try poll(&entries, timeoutMilliseconds: left)
            for (relay, entry) in zip(active, entries) { relay.advance(entry.occurred) }
        }
    }
}

/// Why we ended a sandbox.
enum StopReason: Hashable, Sendable {
    case timeLimit
    case signal(Signal)
}

/// A process that a SIGKILL ended, as init saw it.
struct Casualty: Hashable, Sendable {
    /// Inside the sandbox.
    let pid: UInt32
    let name: [UInt8]
}

/// What the kernel said of a sandbox at its end.
struct Measurement: Sendable {
    let usage: CgroupUsage
    let limits: [LimitInForce]
    /// Of CLOCK_MONOTONIC, in microseconds.
    let at: Int64
}

/// Everything that was learnt while a sandbox ran.
struct Ended: Sendable {
    /// Of CLOCK_MONOTONIC, in microseconds: when the launch began.
    let began: Int64
    let measured: Measurement?
    let ending: InitMessage.Ending?
    let stop: StopReason?
    let casualties: [Casualty]
    /// When the command executed.
    let executing: Int64?
}
