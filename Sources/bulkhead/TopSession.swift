internal import Client
internal import JSONTree
internal import Plan
internal import Presentation
internal import Syscalls

/// `bulkhead top` on a terminal: shows samples as they come, obeys keys, and leaves the terminal as it
/// found it on every way out but SIGKILL.
struct TopSession: ~Copyable {
    /// Between two tries to reach a supervisor that is away.
    private static let retryMilliseconds: Int64 = 1_000

    private let socket: String
    private let parameters: JSON
    private let signals: SignalQueue
    private var samples: ReplyStream?
    private var screen: Screen
    private var keys = KeyReader()
    private var view: TopView
    private var sample = UsageSample()

    init(_ view: TopView, socket: String, parameters: JSON) throws(ClientError) {
        // Before the terminal is touched: a supervisor that is not there is told as by every command.
        let samples = try ReplyStream("Stats", parameters, at: socket)
        let signals = try Self.signalQueue()
        let screen = try Self.screen()
        self.samples = samples
        self.signals = signals
        self.screen = screen
        self.socket = socket
        self.parameters = parameters
        self.view = view
    }

    private static func signalQueue() throws(ClientError) -> SignalQueue {
        do throws(SystemCallError) {
            return try SignalQueue([.SIGHUP, .SIGINT, .SIGQUIT, .SIGTERM, .SIGPIPE, .SIGWINCH])
        } catch { throw .failed(message: "\(error)", hint: nil) }
    }

    private static func screen() throws(ClientError) -> Screen {
        do throws(SystemCallError) { return try Screen() } catch {
            throw .failed(message: "\(error)", hint: nil)
        }
    }

    /// Until somebody leaves.
    ///
    /// - Returns: the exit status: 0, or 128 and the number of the signal that ended it.
    mutating func run() throws(ClientError) -> Int32 {
        while true {
            var entries = [
                PollEntry(0, .readable), PollEntry(signals.descriptor.number, .readable),
                PollEntry(samples?.descriptor ?? -1, .readable),
            ]
            do throws(SystemCallError) {
                try poll(
                    &entries, timeoutMilliseconds: samples == nil ? Self.retryMilliseconds : nil)
                if !entries[1].occurred.isEmpty, let status = try takeSignals() { return status }
                if !entries[0].occurred.isEmpty, try obeyKeys() { return 0 }
            } catch { throw .failed(message: "\(error)", hint: nil) }
            if samples == nil { reconnect() }
            try takeSamples()
            do throws(SystemCallError) {
                let size = screen.size
                try screen.show(
                    view.lines(of: sample, height: size.rows, on: standardOutput()))
            } catch {
                // The terminal has gone, and with it whoever looked.
                return 128 + Signal.SIGHUP.rawValue
            }
        }
    }

    /// - Returns: the exit status, where one of them ends us.
    private mutating func takeSignals() throws(SystemCallError) -> Int32? {
        while let signal = try signals.next() {
            switch signal {
            case .SIGWINCH: screen.forget()
            case .SIGPIPE: continue
            default: return 128 + signal.rawValue
            }
        }
        return nil
    }

    /// - Returns: whether somebody wants to leave.
    private mutating func obeyKeys() throws(SystemCallError) -> Bool {
        let page = TopView.page(screen.size.rows)
        for key in try keys.read() {
            switch key {
            case .letter(let letter):
                switch letter {
                case "q", "Q", "\u{3}", "\u{4}": return true
                case "c": view.key = .cpu
                case "m": view.key = .memory
                case "s": view.key = .pressure
                case "i": view.key = .io
                case "p": view.key = .processes
                case "d": view.key = .disk
                case "r": view.key = .restarts
                case "n": view.key = .name
                case "j": view.scroll(by: 1)
                case "k": view.scroll(by: -1)
                case " ": view.scroll(by: page)
                case "\u{C}": screen.forget()  // Ctrl-L, as everywhere.
                default: continue
                }
            case .up: view.scroll(by: -1)
            case .down: view.scroll(by: 1)
            case .pageUp: view.scroll(by: -page)
            case .pageDown: view.scroll(by: page)
            case .home: view.scroll(by: -.max)
            case .end: view.scroll(by: .max)
            }
        }
        return keys.isOver
    }

    // MARK: Samples

    private mutating func takeSamples() throws(ClientError) {
        do throws(ClientError) {
            while let reply = try samples?.next() { sample = UsageSample(reply, after: sample) }
        } catch {
            guard case .lost = error else { throw error }
            // It may be restarted: its projects go on, and so do we.
            samples = nil
            view.note = "trying again: \(error.message)"
        }
    }

    private mutating func reconnect() {
        do throws(ClientError) {
            samples = try ReplyStream("Stats", parameters, at: socket)
            view.note = nil
        } catch { view.note = "trying again: \(error.message)" }
    }
}
