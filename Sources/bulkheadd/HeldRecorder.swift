internal import EventLoop
internal import Launch
internal import Ledger
internal import Recording
internal import Syscalls
internal import VarlinkWire

/// The recorder of a session: a process of its own, which outlives us. One that a supervisor before us
/// began is held as well, but for what it was told then.
final class HeldRecorder {
    let name: String
    /// Of a session at a terminal; else of a command with pipes.
    let isOfTerminal: Bool
    private let process: ProcessHandle
    /// Whether it is our child.
    private let isOurs: Bool
    /// Over which it is given descriptors, and told of the end; nil: a supervisor before us had it.
    private let control: PacketSocket?
    /// The caller's side of the terminal between the two.
    private var callersTerminal: PassedDescriptor?
    private var source: EventSource?
    private var patience: TimerSource?
    /// Whose terminal it is before: the number of a connection.
    var connection: Int?
    private var hasEnded = false
    /// Whether the caller's descriptors took all that was for them, as far as is known.
    private(set) var isDelivered = true
    /// Done once it has ended.
    private var afterwards: [() -> Void] = []

    /// What an ended session's recorder may take to write down what it has read, in microseconds.
    private static let endMax: Int64 = 5_000_000
    /// What passing on may take that nobody waits for, in microseconds.
    private static let drainMax: Int64 = 60_000_000
    private static let helperPath = "/proc/self/exe"

    private init(
        _ name: String, isOfTerminal: Bool, _ process: consuming ProcessHandle, isOurs: Bool,
        control: consuming PacketSocket?
    ) {
        self.name = name
        self.isOfTerminal = isOfTerminal
        self.process = process
        self.isOurs = isOurs
        self.control = control
    }

    deinit {
        source?.cancel()
        patience?.cancel()
    }

    /// Starts one.
    ///
    /// - Parameters:
    ///   - file: with its header, open to be appended to.
    ///   - window: of the caller's terminal; nil: it has none.
    static func start(
        _ name: String, _ order: RecorderOrder, _ file: borrowing FileDescriptor,
        window: (rows: UInt16, columns: UInt16)?
    ) throws(SystemCallError) -> HeldRecorder {
        let (ours, its) = try PacketSocket.pair()
        let control = PacketSocket(FileDescriptor(owning: ours))
        let end = FileDescriptor(owning: its)
        let child = try spawnProgram(
            helperPath, arguments: ["bulkheadd", "--record"] + order.words, environment: [],
            descriptors: [nil, nil, 2, end.number])
        let recorder = HeldRecorder(
            name, isOfTerminal: window != nil, child, isOurs: true, control: control)
        do throws(SystemCallError) {
            try recorder.give(.file, file.number)
            if let window {
                let (controller, terminal) = try TerminalPair(
                    rows: window.rows, columns: window.columns
                ).split()
                let side = FileDescriptor(owning: terminal)
                recorder.callersTerminal = PassedDescriptor(FileDescriptor(owning: controller))
                try recorder.give(.outer, side.number)
            }
        } catch {
            recorder.cancel()
            throw error
        }
        return recorder
    }

    /// One that a supervisor before us began; nil: it has ended.
    static func adopted(
        _ name: String, isOfTerminal: Bool, _ file: borrowing FileDescriptor
    ) throws(SystemCallError) -> HeldRecorder? {
        let byte = RecorderOrder.lockedByte
        guard let pid = try file.lockHolder(ofByteAt: byte) else { return nil }
        do throws(SystemCallError) {
            let process = try ProcessHandle(opening: pid)
            // What has the lock now, and had it before its number was looked up, is what was opened.
            guard try file.lockHolder(ofByteAt: byte) == pid else { return nil }
            return HeldRecorder(
                name, isOfTerminal: isOfTerminal, process, isOurs: false, control: nil)
        } catch {
            if error.errno == .ESRCH { return nil }
            throw error
        }
    }

    private func give(_ role: RecorderOrder.Role, _ number: CInt?) throws(SystemCallError) {
        try control?.send([role.rawValue], with: number)
    }

    /// Puts it between the caller's streams and those of what will run: none of the caller's own gets in,
    /// for what may be written to is a way out that is not recorded.
    ///
    /// - Returns: what becomes the run's streams, and what has to be held until the run has them.
    func stand(
        between streams: RunStreams
    ) throws(SystemCallError) -> (streams: RunStreams, held: [PassedDescriptor]) {
        guard case .passed(let input, let output, let error) = streams else { return (streams, []) }
        let (its, runs) = try pipe().split()
        let held = [PassedDescriptor(FileDescriptor(owning: its))]
        let inputEnd = FileDescriptor(owning: runs)
        try give(.inputSource, input)
        try give(.inputTarget, inputEnd.number)
        let runsOutput = try piped(.outputSource, .outputTarget, output)
        let runsError = try piped(.errorSource, .errorTarget, error)
        try give(.begin, nil)
        return (
            .passed(input: its, output: runsOutput.number ?? -1, error: runsError.number ?? -1),
            held + [runsOutput, runsError]
        )
    }

    /// - Returns: the end that what runs writes to.
    private func piped(
        _ source: RecorderOrder.Role, _ target: RecorderOrder.Role, _ callers: CInt
    ) throws(SystemCallError) -> PassedDescriptor {
        let (read, write) = try pipe().split()
        let runs = PassedDescriptor(FileDescriptor(owning: write))
        let end = FileDescriptor(owning: read)
        try give(source, end.number)
        try give(target, callers)
        return runs
    }

    /// Puts it between the caller and a run's terminal.
    ///
    /// - Parameter controller: the controlling side of the run's.
    /// - Returns: the one that is the caller's.
    func stand(before controller: CInt) throws(SystemCallError) -> PassedDescriptor? {
        try give(.controller, controller)
        defer { callersTerminal = nil }
        return callersTerminal
    }

    /// Has its end told, once, from the loop.
    func watch(_ loop: Loop, whenEnded: @escaping () -> Void) throws(SystemCallError) {
        source = try loop.watch(process.descriptor.number, for: .readable) { [unowned self] _ in
            // Nothing of it is held by what it calls.
            source?.cancel()
            source = nil
            patience?.cancel()
            patience = nil
            let tell = afterwards
            afterwards = []
            hasEnded = true
            // Readable means ended: it does not wait. Of another's child nothing more is known.
            let exit = isOurs ? try? process.wait() : nil
            isDelivered = exit?.status != .exited(code: SessionRecorder.Status.undelivered)
            whenEnded()
            for each in tell { each() }
        }
    }

    /// Has something done once it has ended, and with it all that was said in its session is with the
    /// caller.
    func afterwards(_ each: @escaping () -> Void) {
        if hasEnded { each() } else { afterwards.append(each) }
    }

    /// What was run is over: it carries what that has said to its end, for as long as somebody takes it.
    ///
    /// - Parameter loop: nobody waits for that, so not for ever.
    func drain(for loop: Loop? = nil) {
        if control == nil { try? process.signal(.SIGUSR2) } else { try? give(.drain, nil) }
        if let loop { kill(loop, in: Self.drainMax) }
    }

    /// The session is over: it writes down what it has read, and ends.
    func end(_ loop: Loop) {
        // What cannot be said is enforced in a while.
        if control == nil { try? process.signal(.SIGUSR1) } else { try? give(.end, nil) }
        kill(loop, in: Self.endMax)
    }

    private func kill(_ loop: Loop, in span: Int64) {
        if patience == nil {
            // Without a timer it is waited for as long as it takes.
            patience = try? loop.timer { [unowned self] in kill() }
        }
        patience?.set(at: loop.now + span)
    }

    /// Nobody waits for what it has still.
    func kill() { try? process.signal(.SIGKILL) }

    /// Nothing came of the session.
    func cancel() {
        source?.cancel()
        process.killAndReap()
    }
}
