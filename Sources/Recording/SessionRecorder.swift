internal import Plan
public import Syscalls

/// A process between somebody and what runs in a sandbox: carries what either says, and writes it down
/// before the other has it. What cannot be written down is not carried.
///
/// It is nobody, with no more than the descriptors it was sent, and outlives the supervisor.
public struct SessionRecorder: ~Copyable {
    private let order: RecorderOrder
    private let signals: SignalQueue
    private let socket = PacketSocket(FileDescriptor(owning: RecorderOrder.socket))
    /// Whether whoever began this is there still.
    private var isLed = true
    private var file: RecordingFile?
    /// Both are ours until we end.
    private var outer: CInt?
    private var controller: CInt?
    private var lanes: [Lane] = []
    /// What a command's streams are, until it begins.
    private var given: [RecorderOrder.Role: CInt] = [:]
    private var isBegun = false
    private var isOver = false

    /// Writes to disk are asked for as often, in milliseconds.
    private static let synchronizationInterval: Int64 = 1_000

    /// To be called before anything is sent to it.
    public init(_ order: RecorderOrder) throws(SystemCallError) {
        self.order = order
        try beginSession()
        // SIGPIPE among them, so that a caller who has gone is an error to handle and not our end.
        signals = try SignalQueue([.SIGHUP, .SIGTERM, .SIGINT, .SIGPIPE, .SIGWINCH])
    }

    /// Carries until the session is over.
    ///
    /// - Returns: the exit status: 0, or 1 where it could not go on.
    public consuming func run() -> Int32 {
        do throws(SystemCallError) {
            try receiveAll()
            try become(user: nobody, group: nobody)
            while isBegun && !isOver { try turn() }
            try finish(.complete)
            return 0
        } catch {
            if case .ENOSPC = error.errno, error.call == RecordingFile.fullCall {
                // It said so itself.
                return 1
            }
            let text = "bulkheadd: a recording ends: \(printable("\(error)"))\n"
            try? write(allOf: Array(text.utf8), to: 2)
            return 1
        }
    }

    // MARK: What it is given

    private mutating func receiveAll() throws(SystemCallError) {
        while !isBegun && !isOver && isLed {
            var entries = [
                PollEntry(socket.descriptor.number, .readable),
                PollEntry(signals.descriptor.number, .readable),
            ]
            try poll(&entries, timeoutMilliseconds: nil)
            if !entries[1].occurred.isEmpty { try takeSignals() }
            if !entries[0].occurred.isEmpty { try receive() }
        }
        for (source, target, code) in [
            (RecorderOrder.Role.outputSource, RecorderOrder.Role.outputTarget, Cast.Code.output),
            (.errorSource, .errorTarget, .output), (.inputSource, .inputTarget, .input),
        ] {
            guard let from = given[source], let to = given[target] else { continue }
            // What the caller sends with is the caller's too, to whom nothing is changed.
            if code == .output { try setNonBlocking(from) }
            lanes.append(Lane(from: from, to: to, code, owns: true))
        }
    }

    private mutating func receive() throws(SystemCallError) {
        guard var packet = try socket.receive(limit: 16) else { return }
        // A session that has begun outlives whoever began it.
        guard let letter = packet.bytes.first, let role = RecorderOrder.Role(rawValue: letter)
        else {
            isLed = false
            return
        }
        switch role {
        case .begin: isBegun = true
        case .end: isOver = true
        default: if let number = packet.takeDescriptor() { try take(role, number) }
        }
    }

    private mutating func take(
        _ role: RecorderOrder.Role, _ number: CInt
    ) throws(SystemCallError) {
        switch role {
        case .file: file = try RecordingFile(FileDescriptor(owning: number), order)
        case .outer:
            try makeControlling(number)
            outer = number
        case .controller:
            guard let terminal = outer else { return }
            lanes = [
                Lane(from: number, to: terminal, .output, owns: false),
                Lane(from: terminal, to: number, .input, owns: false),
            ]
            try setNonBlocking(number)
            controller = number
            isBegun = true
            try followSize()
        default: given[role] = number
        }
    }

    // MARK: One turn

    private mutating func turn() throws(SystemCallError) {
        let active = lanes.filter { !$0.isOver }
        var entries = [
            PollEntry(signals.descriptor.number, .readable),
            // A negative number is passed over: poll(2).
            PollEntry(isLed ? socket.descriptor.number : -1, .readable),
        ]
        entries += active.map(\.interest)
        try poll(
            &entries,
            timeoutMilliseconds: file?.isSynchronized ?? true ? nil : Self.synchronizationInterval)
        if !entries[0].occurred.isEmpty { try takeSignals() }
        if !entries[1].occurred.isEmpty { try receive() }
        for (lane, entry) in zip(active, entries.dropFirst(2)) where !entry.occurred.isEmpty {
            try advance(lane, entry.occurred)
        }
        try file?.synchronize(every: Self.synchronizationInterval)
        // A terminal is one line with two directions; of pipes, input alone is nothing to wait for.
        if controller != nil {
            if lanes.contains(where: \.isOver) { isOver = true }
        } else if !lanes.contains(where: { !$0.isOver && $0.code == .output }) {
            isOver = true
        }
    }

    private mutating func advance(
        _ lane: Lane, _ occurred: PollEntry.Events
    ) throws(SystemCallError) {
        if lane.pending.isEmpty {
            guard let piece = lane.read() else { return }
            if piece.isEmpty { return lane.end() }
            if lane.code == .output || order.recordsInput {
                try file?.append(lane.code, lane.text(of: piece))
            }
            lane.pending = piece[...]
        }
        // Not before it is written down.
        lane.write()
    }

    private mutating func takeSignals() throws(SystemCallError) {
        while let signal = try signals.next() {
            switch signal {
            case .SIGWINCH: try followSize()
            case .SIGPIPE: break
            // The caller's terminal has gone, or a supervisor that did not begin this says that it is over.
            default: isOver = true
            }
        }
    }

    /// Gives the workload's terminal the size that the caller's has.
    private mutating func followSize() throws(SystemCallError) {
        guard let outer, let controller, let size = windowSize(outer) else { return }
        if let known = windowSize(controller), known == size { return }
        // Fails where the workload's has gone, which its lane tells.
        try? copyWindowSize(from: outer, to: controller)
        try file?.append(.resize, "\(size.columns)x\(size.rows)")
    }

    private mutating func finish(_ end: Cast.End) throws(SystemCallError) {
        for lane in lanes where lane.code == .output || order.recordsInput {
            let rest = lane.rest()
            if !rest.isEmpty { try file?.append(lane.code, rest) }
        }
        try file?.end(end)
    }
}

/// User and group 65534 have nothing anywhere.
private let nobody: UInt32 = 65_534
