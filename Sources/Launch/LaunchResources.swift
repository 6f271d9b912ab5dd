public import Seccomp

/// What a launch takes from the installation.
public struct LaunchResources: Sendable {
    /// Paths of bulkhead-init, the first that is there is meant.
    public var initCandidates: [String]
    public var profiles: ProfileStore
    /// The number of the step to fail: see `FaultPoints`.
    public var faultPoint: Int?

    /// Where lines are logged to, for a supervised sandbox: journald's socket. What is not there logs
    /// nothing.
    public var journalSocket: String

    public init(
        initCandidates: [String], profiles: ProfileStore, faultPoint: Int? = nil,
        journalSocket: String = "/run/systemd/journal/socket"
    ) {
        self.initCandidates = initCandidates
        self.profiles = profiles
        self.faultPoint = faultPoint
        self.journalSocket = journalSocket
    }
}
