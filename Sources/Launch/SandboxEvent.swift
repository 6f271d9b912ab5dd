public import Control
public import Plan

/// What a supervised sandbox's init has to say, checked as far as it can be: a sandbox that took over
/// its init may say anything. Of a run it may say the same again.
public enum SandboxEvent: Sendable {
    /// Its command executes. `pid` on this host; 0 where it has ended already. The controlling side of
    /// its terminal, where it has one, is for the receiver to close.
    case started(RunID, pid: Int32, terminal: CInt?)
    case refused(RunID, LaunchError)
    /// Its first process ended.
    case ended(RunID, RunEnd)
    /// In a report: it has not ended, and this is all that it has said so far.
    case running(RunID, pid: Int32, Notifications)
    case notified(RunID, Notifications)
    /// The end of a report of so many runs.
    case reported(Int)
    /// The answer to `attach`: nil where there is no terminal, or none any more.
    case terminal(RunID, CInt?)
    /// So many of its lines were not logged.
    case suppressed(RunID, UInt64)
    /// Its words hint at a limit that it met.
    case hinted(RunID, Hints)
    /// init has closed its end: it is ending, which its descriptor tells, or there is another
    /// connection.
    case disconnected
}
