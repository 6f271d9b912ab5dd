internal import EventLoop
internal import Plan
internal import Probing
internal import Supervision
internal import Syscalls

/// One question to a port of a sandbox, asked without waiting: whether it accepts a connection, or
/// what it answers to an HTTP request.
///
/// What answers is untrusted: no more is read of it than a status line, and never for longer than the
/// check's timeout, however slowly it drips.
final class SocketProbe {
    private enum Question {
        case accepts
        case answers(request: [UInt8])
    }

    private let loop: Loop
    private let process: CInt
    private let port: UInt16
    private let question: Question
    private var finished: ((Event.ProbeResult) -> Void)?
    private var families: [LoopbackSocket.Family] = [.four, .six]
    private var socket: Connection?
    private var timer: TimerSource?

    /// A socket and where the conversation over it is.
    private final class Connection {
        let socket: LoopbackSocket
        var source: DescriptorSource?
        var unsent: ArraySlice<UInt8> = []
        var line = HTTPStatusLine()

        init(_ socket: consuming LoopbackSocket) { self.socket = socket }

        deinit { source?.cancel() }
    }

    /// - Parameters:
    ///   - process: the pidfd of a process in the network namespace.
    ///   - finished: called once, not before `begin()` and never after `cancel()`.
    init(
        _ loop: Loop, process: CInt, port: UInt16, path: String?, timeout: Milliseconds,
        finished: @escaping (Event.ProbeResult) -> Void
    ) throws(SystemCallError) {
        self.loop = loop
        self.process = process
        self.port = port
        // A path that cannot be asked for is refused by the configuration.
        question = path.flatMap(HTTPStatusLine.request).map(Question.answers) ?? .accepts
        self.finished = finished
        let text = "no answer within \(timeout)"
        timer = try loop.timer { [unowned self] in end(.failed(reason: text)) }
        timer?.set(at: loop.now + Int64(timeout.count) * 1_000)
    }

    func begin() { connectNext(refused: nil) }

    func cancel() {
        finished = nil
        close()
    }

    /// Services listen on one of the two loopback addresses, or on both.
    private func connectNext(refused: SystemCallError?) {
        guard !families.isEmpty else {
            let reason = refused.map { "port \(port): \($0.errno)" } ?? "port \(port)"
            return end(.failed(reason: reason))
        }
        let family = families.removeFirst()
        do throws(SystemCallError) {
            let connection = Connection(try LoopbackSocket(family, inNetworkOf: process))
            socket = connection
            let isConnected = try connection.socket.connect(port: port)
            connection.source = try loop.watch(
                connection.socket.descriptor.number, for: .writable
            ) { [unowned self] ready in advance(ready) }
            if isConnected { advance(.writable) }
        } catch {
            socket = nil
            connectNext(refused: refused ?? error)
        }
    }

    private func advance(_ ready: Readiness) {
        guard let socket else { return }
        do throws(SystemCallError) {
            if case .answers = question, socket.source?.readiness == .readable {
                return try read(socket)
            }
            if socket.unsent.isEmpty {
                do { try socket.socket.finishConnecting() } catch {
                    self.socket = nil
                    return connectNext(refused: error)
                }
                guard case .answers(let request) = question else { return end(.passed) }
                socket.unsent = request[...]
            }
            let sent = try write(someOf: Array(socket.unsent), to: socket.socket.descriptor.number)
            socket.unsent.removeFirst(sent)
            if socket.unsent.isEmpty { socket.source?.wait(for: .readable) }
        } catch {
            end(.failed(reason: "port \(port): \(error.errno)"))
        }
    }

    private func read(_ socket: Connection) throws(SystemCallError) {
        let bytes: [UInt8]
        do { bytes = try socket.socket.descriptor.read(upTo: HTTPStatusLine.lengthMax) } catch
            where error.errno == .EAGAIN
        {
            return
        }
        if bytes.isEmpty {
            return end(.failed(reason: "port \(port): closed before it answered"))
        }
        switch socket.line.take(bytes) {
        case .incomplete: return
        case .status(let status) where (200...399).contains(status): end(.passed)
        case .status(let status): end(.failed(reason: "port \(port): HTTP status \(status)"))
        case .malformed: end(.failed(reason: "port \(port): no HTTP answer"))
        }
    }

    private func end(_ result: Event.ProbeResult) {
        let finished = finished
        self.finished = nil
        close()
        finished?(result)
    }

    private func close() {
        timer = nil
        socket = nil
    }
}
