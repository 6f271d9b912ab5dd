public import Plan

/// Where volumes are: below the state directory what lasts, below the run directory what is mounted.
public struct VolumePlaces: Hashable, Sendable {
    /// `/var/lib/bulkhead/volumes`, for root alone.
    public let homes: String
    /// `/run/bulkhead/volumes`, for root alone.
    public let mounts: String

    public init(state: String, run: String) {
        homes = state + "/volumes"
        mounts = run + "/volumes"
    }

    init(homes: String, mounts: String) {
        self.homes = homes
        self.mounts = mounts
    }

    /// Whether a file of this name in a home is an image that was found damaged.
    public static func isQuarantined(_ name: String) -> Bool {
        name.utf8.starts(with: quarantinePrefix.utf8)
    }
    static let quarantinePrefix = "quarantine-"

    /// What a project's volume consists of, and what was kept of it.
    public func home(of project: ProjectName) -> String { "\(homes)/\(project)" }
    /// Where an image or a tmpfs is mounted while it is up.
    public func mountPoint(of project: ProjectName) -> String { "\(mounts)/\(project)" }
}
