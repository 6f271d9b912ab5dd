internal import EventLoop
internal import JSONTree
internal import Syscalls
internal import VarlinkWire

/// One caller's connection: takes its calls one after the other, and sends the replies as it reads
/// them.
final class Connection {
    unowned let server: VarlinkServer
    /// Later ones have higher numbers.
    let number: Int
    let peer: Peer

    /// Nil when the connection has ended.
    private var socket: StreamSocket?
    private var source: DescriptorSource?
    private var decoder: FrameDecoder
    private var output = OutputQueue()

    /// A call was dispatched that wants an answer.
    private var isBusy = false
    /// That call, which lives as long as whoever will answer it holds it.
    private weak var current: Call?
    /// The same, once somebody wants to hear of its caller's end.
    private var kept: Call?
    private var isTakingCalls = false
    /// The server will go on with it after others had their turn.
    private(set) var isResumed = false
    private var hasInputEnded = false
    /// Nothing is taken any more; it ends when everything was sent.
    private var isClosing = false
    /// Whether a whole call has ever come; without, it may be dropped for another caller.
    private(set) var wasUsed = false

    /// By when the call that has begun has to be complete; CLOCK_MONOTONIC in microseconds.
    private var inputDeadline: Int64?
    /// By when something has to be read.
    private var outputDeadline: Int64?

    private var limits: ServerLimits { server.limits }

    init(
        _ socket: consuming StreamSocket, number: Int, peer: Peer, server: VarlinkServer
    ) throws(SystemCallError) {
        self.number = number
        self.peer = peer
        self.server = server
        decoder = FrameDecoder(
            messageMax: server.limits.messageMax, descriptorsMax: server.limits.descriptorsMax)
        let descriptor = socket.descriptor.number
        self.socket = consume socket
        source = try server.loop.watch(descriptor, for: .readable) { [unowned self] readiness in
            self.handle(readiness)
        }
    }

    /// Bytes that wait, in both directions.
    var buffered: Int { decoder.count + output.count }

    var isOpen: Bool { socket != nil }

    // MARK: Events

    private var wantsInput: Bool {
        !isBusy && !isResumed && !hasInputEnded && !isClosing
            && output.count <= limits.outputWatermark
    }

    private func handle(_ readiness: Readiness) {
        if readiness.contains(.writable) { flush() }
        if !isOpen { return }
        if wantsInput {
            if !readiness.isDisjoint(with: [.readable, .hungUp, .failed]) { read() }
        } else if !readiness.isDisjoint(with: [.hungUp, .failed]) && !isResumed {
            // Nobody is there to read an answer.
            return close()
        }
        takeCalls()
    }

    private func read() {
        do throws(SystemCallError) {
            guard var piece = try socket?.receive(upTo: limits.readMax) else { return }
            if piece.bytes.isEmpty {
                hasInputEnded = true
                return
            }
            let passed = piece.takeDescriptors().map {
                PassedDescriptor(FileDescriptor(owning: $0))
            }
            decoder.append(piece.bytes, with: passed)
            if !server.hasRoom(for: self) { close() }
        } catch {
            // Gone, or with more descriptors than one message may have.
            close()
        }
    }

    /// After others had their turn.
    func resume() {
        isResumed = false
        if isOpen { takeCalls() }
    }

    /// The time is over that one of the deadlines gave; true where there is another.
    func check(at now: Int64) -> Bool {
        if let deadline = inputDeadline, deadline <= now { close() }
        if let deadline = outputDeadline, deadline <= now { close() }
        return inputDeadline != nil || outputDeadline != nil
    }

    // MARK: Calls

    private func takeCalls() {
        isTakingCalls = true
        var left = limits.callsAtOnceMax
        while isOpen && !isBusy && !isClosing && output.count <= limits.outputWatermark {
            let frame: FrameDecoder.Frame?
            do { frame = try decoder.next() } catch {
                close()
                break
            }
            guard let frame else {
                if hasInputEnded { isClosing = true }
                break
            }
            inputDeadline = nil
            wasUsed = true
            take(frame)
            left -= 1
            if left == 0 {
                resumeLater()
                break
            }
        }
        isTakingCalls = false
        if isOpen { settle() }
    }

    private func take(_ frame: FrameDecoder.Frame) {
        // Whoever sends what is no call speaks another language, and no answer would be understood.
        guard let request = Request(parsing: frame.bytes) else { return close() }
        switch server.service.examine(request) {
        case .answer(let parameters):
            if !request.isOneway { send(parameters, continues: false, with: []) }
        case .refuse(let error):
            server.onRefusal?(request, peer, error)
            if !request.isOneway { send(error) }
        case .dispatch(let interface, let method):
            guard let handler = server.handlers[request.method] else {
                let error = VarlinkError.methodNotImplemented(request.method)
                server.onRefusal?(request, peer, error)
                if !request.isOneway { send(error) }
                return
            }
            let call = Call(
                request, interface: interface, definition: method, peer: peer,
                descriptors: frame.descriptors, connection: self)
            if !request.isOneway {
                isBusy = true
                current = call
            }
            handler(call)
        }
    }

    /// Holds the current call until it is answered or its caller gone.
    func keep(_ call: Call) { kept = call }

    func answer(
        _ call: Call, _ parameters: JSON, continues: Bool, with descriptors: [PassedDescriptor]
    ) {
        if !isOpen { return }
        send(parameters, continues: continues, with: descriptors)
        if !continues { endTurn() }
    }

    func answer(_ call: Call?, _ error: VarlinkError) {
        if !isOpen { return }
        send(error)
        endTurn()
    }

    private func endTurn() {
        isBusy = false
        current = nil
        kept?.forgetHandler()
        kept = nil
        // The next call is taken by the loop, never inside of an answer to the last one.
        if isTakingCalls || !isOpen { return }
        if decoder.count > 0 || hasInputEnded { resumeLater() }
        settle()
    }

    private func resumeLater() {
        if isResumed { return }
        isResumed = true
        server.resumeLater(self)
    }

    // MARK: Output

    private func send(_ parameters: JSON, continues: Bool, with descriptors: [PassedDescriptor]) {
        var bytes = Array("{\"parameters\":".utf8)
        parameters.encode(to: &bytes)
        bytes += (continues ? ",\"continues\":true}\0" : "}\0").utf8
        send(bytes, with: descriptors)
    }

    private func send(_ error: VarlinkError) { send(error.encoded(), with: []) }

    private func send(_ bytes: [UInt8], with descriptors: [PassedDescriptor]) {
        if !isOpen { return }
        let wasEmpty = output.count == 0
        output.append(bytes, with: descriptors)
        // Where others wait already, there is no room.
        if wasEmpty { flush() }
        if isOpen && (output.count > limits.outputMax || !server.hasRoom(for: self)) { close() }
        if isOpen && !isTakingCalls { settle() }
    }

    private func flush() {
        guard socket != nil else { return }
        do throws(SystemCallError) {
            let hasSent = try output.flush(to: socket!)
            if output.count == 0 {
                outputDeadline = nil
            } else if hasSent || outputDeadline == nil {
                outputDeadline = server.loop.now + limits.outputTimeout
            }
        } catch {
            close()
        }
    }

    // MARK: State

    /// Brings what is waited for in line with what there is to do.
    private func settle() {
        if isClosing && output.count == 0 && !isBusy { return close() }
        if wantsInput && decoder.count > 0 {
            if inputDeadline == nil { inputDeadline = server.loop.now + limits.messageTimeout }
        } else {
            inputDeadline = nil
        }
        decoder.shrink(to: limits.readMax)
        var wanted: Readiness = wantsInput ? .readable : []
        if output.count > 0 { wanted.insert(.writable) }
        source?.wait(for: wanted)
        if inputDeadline != nil || outputDeadline != nil { server.watchDeadlines() }
    }

    func close() {
        if !isOpen { return }
        source?.cancel()
        source = nil
        socket = nil
        inputDeadline = nil
        outputDeadline = nil
        server.forget(self, leaving: kept ?? current)
        kept = nil
        current = nil
    }

    /// The socket, to live on without this; nil where bytes wait to be sent.
    func surrender() -> FileDescriptor? {
        if output.count > 0 { return nil }
        guard let taken = socket.take() else { return nil }
        source?.cancel()
        source = nil
        inputDeadline = nil
        kept = nil
        current = nil
        server.forget(self, leaving: nil)
        return taken.intoDescriptor()
    }
}
