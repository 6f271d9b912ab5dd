internal import Control
public import Plan
internal import Syscalls

extension LaunchPlan {
    /// Follows the plan: launches the sandbox, holds it until the command has ended, and takes
    /// everything away again. Nothing of it is left when this returns or throws.
    ///
    /// Signals that end or resize are taken over for that time; standard input, output and error are
    /// those of this process.
    public func run(
        _ resources: LaunchResources, wantsJSON: Bool
    ) throws(LaunchError) -> RunOutcome {
        let signals: SignalQueue
        do {
            // SIGPIPE among them, so that a closed output is an error to handle and not our end.
            signals = try SignalQueue([
                .SIGHUP, .SIGINT, .SIGQUIT, .SIGTERM, .SIGPIPE, .SIGWINCH,
            ])
        } catch { throw .failed(error) }
        let streams = try StandardStreams(terminal: terminal, interactive: interactive)
        let window = windowSize(0).map {
            SpawnRequest.WindowSize(rows: $0.rows, columns: $0.columns)
        }
        let sandbox = try Sandbox(self, resources, streams: streams, window: window)
        let loop = RunLoop(
            sandbox, signals: signals, streams: streams, interactive: interactive)
        return try loop.run(wantsJSON: wantsJSON)
    }
}
