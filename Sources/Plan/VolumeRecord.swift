/// What is kept of a project's volume: enough to find it again and to know that it is that one.
public struct VolumeRecord: Hashable, Sendable {
    public enum State: String, Hashable, Sendable, CaseIterable {
        /// It may be half made: what is there of it may be made anew.
        case making
        /// It has been made, and never is again.
        case made
        /// It is being taken away for good.
        case removing
    }

    public var project: ProjectName
    public var kind: VolumeKind
    public var state: State
    /// What its files count for, on the file system that it is on, and nobody else's ever; 0: nothing.
    public var projectID: UInt32
    /// 32 hexadecimal digits: the UUID of the file system in an image, the content of the file
    /// `identity` beside a directory. Empty where the volume is the project's own directory.
    public var identity: String
    /// The directory whose files count: the project's own with `storage: direct`, else the volume's
    /// home.
    public var path: String
    /// Nanoseconds since the epoch.
    public var madeAt: Int64

    /// Whether it is the project's own directory.
    public var isOwn: Bool { identity.isEmpty }

    public init(
        project: ProjectName, kind: VolumeKind, state: State, projectID: UInt32, identity: String,
        path: String, madeAt: Int64
    ) {
        self.project = project
        self.kind = kind
        self.state = state
        self.projectID = projectID
        self.identity = identity
        self.path = path
        self.madeAt = madeAt
    }
}
