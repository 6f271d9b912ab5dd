internal import Plan
public import Syscalls

/// A process between somebody and what runs in a sandbox: carries what either says, and writes it down
/// before the other has it. What cannot be written down is not carried.
///
/// It is nobody, with no more than the descriptors it was sent, and outlives the supervisor.
public struct SessionRecorder: ~Copyable {
    /// What it ends with.
    public enum Status {
        public static let done: Int32 = 0
        /// It could not write the session down.
        public static let failed: Int32 = 1
        /// The caller's own descriptors did not take all that was for them.
        public static let undelivered: Int32 = 2
    }

    private let order: RecorderOrder
    private let signals: SignalQueue
    private let socket = PacketSocket(FileDescriptor(owning: RecorderOrder.socket))
    /// Whether whoever began this is there still.
    private var isLed = true
    private var file: RecordingFile?
    /// Both are ours until we end.
    private var outer: CInt?
    private var controller: CInt?
    /// What a command's streams are, until it begins.
    private var given: [RecorderOrder.Role: CInt] = [:]
    private var lanes: [Lane] = []
    private var isBegun = false
    private var isDraining = false
    /// How it ended; nil: it goes on.
    private var end: Cast.End?

    /// Writes to disk are asked for as often, in milliseconds.
    private static let synchronizationInterval: Int64 = 1_000

    /// To be called before anything is sent to it.
    public init(_ order: RecorderOrder) throws(SystemCallError) {
        self.order = order
        try beginSession()
        // SIGPIPE among them, so that a caller who has gone is an error to handle and not our end; and what
        // a caller's terminal could be made to send.
        signals = try SignalQueue([
            .SIGHUP, .SIGTERM, .SIGUSR1, .SIGUSR2, .SIGPIPE, .SIGWINCH, .SIGINT, .SIGQUIT, .SIGTSTP,
        ])
    }

    /// Carries until the session is over.
    ///
    /// - Returns: the exit status, a `Status`.
    public consuming func run() -> Int32 {
        do throws(SystemCallError) {
            while !isBegun && end == nil { try listen() }
            try becomeNobody()
            while end == nil { try turn() }
            try finish(end ?? .ended)
        } catch {
            // Of a recording that is full, itself says so.
            if error.call != RecordingFile.fullCall { say("a recording ends: \(error)") }
            return Status.failed
        }
        for lane in lanes {
            guard case .failed(let errno) = lane.outcome else { continue }
            say("the output of a session cannot be passed on: \(errno)")
            return Status.undelivered
        }
        return Status.done
    }

    private func say(_ text: String) {
        // Where that is gone too there is nobody left to tell it.
        try? write(allOf: Array("bulkheadd: \(printable(text))\n".utf8), to: 2)
    }

    // MARK: What it is told

    private mutating func listen() throws(SystemCallError) {
        var entries = [
            PollEntry(socket.descriptor.number, .readable),
            PollEntry(signals.descriptor.number, .readable),
        ]
        try poll(&entries, timeoutMilliseconds: nil)
        if !entries[1].occurred.isEmpty { try takeSignals() }
        if !entries[0].occurred.isEmpty { try receive() }
    }

    private mutating func receive() throws(SystemCallError) {
        guard var packet = try socket.receive(limit: 16) else { return }
        guard let letter = packet.bytes.first, let role = RecorderOrder.Role(rawValue: letter)
        else {
            // A session that has begun outlives whoever began it.
            isLed = false
            if !isBegun { end = .left }
            return
        }
        switch role {
        case .begin: try begin()
        case .end: end = end ?? .left
        case .drain: drain()
        default: if let number = packet.takeDescriptor() { try take(role, number) }
        }
    }

    private mutating func drain() {
        isDraining = true
        // What was never run has said nothing.
        if !isBegun { end = end ?? .ended }
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
            try checkFile()
            try setNonBlocking(number)
            lanes = [
                Lane(from: number, to: terminal, .output, isTerminal: true),
                Lane(from: terminal, to: number, .input, isTerminal: true),
            ]
            controller = number
            isBegun = true
            try followSize()
        default: given[role] = number
        }
    }

    /// Nothing begins that is not written down.
    private mutating func checkFile() throws(SystemCallError) {
        if file?.isSynchronized == nil {
            throw SystemCallError("recvmsg", on: "the recording's file", .EBADF)
        }
    }

    /// With all of a command's streams.
    private mutating func begin() throws(SystemCallError) {
        try checkFile()
        let pairs: [(RecorderOrder.Role, RecorderOrder.Role, Cast.Code)] = [
            (.outputSource, .outputTarget, .output), (.errorSource, .errorTarget, .output),
            (.inputSource, .inputTarget, .input),
        ]
        for (source, target, code) in pairs {
            guard let from = given[source], let to = given[target] else { continue }
            // Our own end of a pipe. What is the caller's is so beyond us, and nothing about it is changed.
            try setNonBlocking(code == .output ? from : to)
            lanes.append(Lane(from: from, to: to, code, isTerminal: false))
        }
        isBegun = true
    }

    private mutating func takeSignals() throws(SystemCallError) {
        while let signal = try signals.next() {
            switch signal {
            case .SIGWINCH: try followSize()
            case .SIGHUP where outer != nil, .SIGUSR1: end = end ?? .left
            case .SIGUSR2: drain()
            case .SIGHUP, .SIGTERM: end = end ?? .stopped
            default: break
            }
        }
    }

    // MARK: One turn

    private mutating func turn() throws(SystemCallError) {
        let active = lanes.filter { !$0.isOver }
        var entries = [
            PollEntry(signals.descriptor.number, .readable),
            PollEntry(isLed ? socket.descriptor.number : -1, .readable),
        ]
        for lane in active {
            let (source, target) = lane.interests
            entries += [source, target]
        }
        try poll(
            &entries,
            timeoutMilliseconds: file?.isSynchronized ?? true ? nil : Self.synchronizationInterval)
        if !entries[0].occurred.isEmpty { try takeSignals() }
        if !entries[1].occurred.isEmpty { try receive() }
        for (index, lane) in active.enumerated() where end == nil {
            let (source, target) = (entries[2 * index + 2], entries[2 * index + 3])
            try advance(lane, source.occurred, target.occurred)
        }
        try file?.synchronize(every: Self.synchronizationInterval)
        if end == nil { end = endOfLanes() }
    }

    private mutating func advance(
        _ lane: Lane, _ source: PollEntry.Events, _ target: PollEntry.Events
    ) throws(SystemCallError) {
        var written = file.take()
        defer { file = written.take() }
        let isWanted = lane.code == .output || order.recordsInput
        func record(_ text: String) throws(SystemCallError) {
            if isWanted { try written?.append(lane.code, text) }
        }
        if !source.isEmpty || !target.isEmpty { try lane.advance(source, target, record) }
        if isDraining { try lane.drain(record) }
    }

    /// A terminal is one line: its workload's end is the end, and so is the caller's. Pipes end one by one.
    private func endOfLanes() -> Cast.End? {
        if !lanes.contains(where: \.isOver) { return lanes.isEmpty ? .ended : nil }
        if controller == nil { return lanes.allSatisfy(\.isOver) ? .ended : nil }
        return lanes[0].outcome == .ended ? .ended : .left
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
            let rest = lane.lastText()
            if !rest.isEmpty { try file?.append(lane.code, rest) }
        }
        try file?.end(end)
    }
}
