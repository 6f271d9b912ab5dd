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
            // Ignored by our caller, it would have the kernel reap our children before we can.
            try setDefault(.SIGCHLD)
            // SIGPIPE among them, so that a closed output is an error to handle and not our end.
            signals = try SignalQueue([
                .SIGHUP, .SIGINT, .SIGQUIT, .SIGTERM, .SIGPIPE, .SIGWINCH,
            ])
        } catch { throw .failed(error) }
        becomeKillable()
        // What is made for the sandbox has the permissions that its plan says, whatever our caller's
        // files get.
        setFileModeMask(0o022)
        let streams = try StandardStreams(terminal: workload.terminal, interactive: interactive)
        let window = windowSize(0).map {
            SpawnRequest.WindowSize(rows: $0.rows, columns: $0.columns)
        }
        let sandbox = try Sandbox(self, resources, streams: streams, window: window)
        let loop = RunLoop(
            sandbox, signals: signals, streams: streams, interactive: interactive)
        return try loop.run(wantsJSON: wantsJSON)
    }
}

/// Takes back a protection from the out-of-memory killer that a service manager gave our caller: every
/// process of the sandbox would have it too, and its memory limit could kill nobody. It has to be us
/// who do it, with CAP_SYS_RESOURCE, or the command could go back: proc_pid_oom_score_adj(5).
private func becomeKillable() {
    let path = "/proc/self/oom_score_adj"
    guard let score = try? readFile(path), score.utf8.first == UInt8(ascii: "-") else { return }
    // Raising it is allowed to everybody.
    try? open(path, .writeOnly).writeAll("0")
}
