public import Arguments
internal import JSONTree
internal import Launch
public import Plan
internal import Syscalls
internal import VarlinkWire

/// A command in a project's sandbox, seen from the terminal or pipe that it was asked for at: carries
/// its streams, passes signals on, and tells how it ended, also when the supervisor is another by then.
public struct RemoteRun: ~Copyable {
    enum Purpose {
        /// - project: of the run.
        case execute(project: String)
        /// To a workload that has a terminal.
        case attach
    }

    enum Link {
        case up(VarlinkClient)
        /// Lost; tried again until then.
        case down(until: Int64)
    }

    let purpose: Purpose
    let socket: String
    let token: String
    var link: Link
    let signals: SignalQueue
    var relays: [Relay]
    let rawInput: CInt?
    let readsTerminal: Bool
    var raw: RawTerminal?
    var terminal: PassedDescriptor?

    /// Known when it has started.
    var run: Int64?
    var waitingSignals: [Signal] = []
    /// Whether the reply that is waited for is that of `Wait`.
    var asked = false
    var last: JSON?
    var hasLeft = false
    /// What is told before anything of a session that is recorded is shown.
    var whenRecorded: (String) -> Void = { _ in }

    /// Asks for the command to be run.
    public init(
        _ request: ExecuteRequest, _ reason: StatedReason?, at socket: String
    ) throws(ClientError) {
        let signals = try Self.signalQueue()
        let token = try RunToken().text
        let streams: StandardStreams
        do throws(LaunchError) {
            streams = try StandardStreams(
                terminal: request.terminal, interactive: request.interactive)
        } catch { throw .failed(message: error.message, hint: error.hint) }
        let numbers = streams.numbers
        let supervisor = try Supervisor(at: socket)
        do throws(VarlinkClientError) {
            try supervisor.client.callForMore(
                Supervisor.interface + "Execute",
                request.parameters(token: token).because(reason),
                descriptors: [numbers.0, numbers.1, numbers.2])
        } catch { throw ClientError(error) }
        purpose = .execute(project: request.project.text)
        self.socket = socket
        self.token = token
        link = .up(supervisor.client)
        self.signals = signals
        relays = streams.relays
        rawInput = streams.rawInput
        readsTerminal = request.interactive
        // What was sent is on its way; while we hold our ends of its pipes, none comes to its end.
    }

    /// Asks to be connected to a workload's terminal.
    public init(
        attachingTo target: Target, _ reason: StatedReason?, at socket: String
    ) throws(ClientError) {
        let signals = try Self.signalQueue()
        let supervisor = try Supervisor(at: socket)
        let parameters: JSON = [
            "project": .string(target.project.text),
            "workload": target.workload.map { .string($0.text) },
        ]
        do throws(VarlinkClientError) {
            try supervisor.client.callForMore(
                Supervisor.interface + "Attach", parameters.because(reason))
        } catch { throw ClientError(error) }
        purpose = .attach
        self.socket = socket
        token = ""
        link = .up(supervisor.client)
        self.signals = signals
        relays = []
        rawInput = isTerminal(0) ? 0 : nil
        readsTerminal = true
    }

    private static func signalQueue() throws(ClientError) -> SignalQueue {
        do throws(SystemCallError) {
            // SIGPIPE among them, so that a closed output is an error to handle and not our end.
            return try SignalQueue([.SIGHUP, .SIGINT, .SIGQUIT, .SIGTERM, .SIGPIPE, .SIGWINCH])
        } catch { throw ClientError(error) }
    }
}
