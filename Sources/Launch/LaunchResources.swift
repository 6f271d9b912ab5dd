public import Seccomp

/// What a launch takes from the installation.
public struct LaunchResources: Sendable {
    /// Paths of bulkhead-init, the first that is there is meant.
    public var initCandidates: [String]
    public var profiles: ProfileStore
    /// The number of the step to fail: see `FaultPoints`.
    public var faultPoint: Int?

    public init(initCandidates: [String], profiles: ProfileStore, faultPoint: Int? = nil) {
        self.initCandidates = initCandidates
        self.profiles = profiles
        self.faultPoint = faultPoint
    }
}
