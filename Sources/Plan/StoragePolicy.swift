/// How a project's directory is stored.
public enum StorageForm: String, Hashable, Sendable, CaseIterable {
    /// The directory itself.
    case direct
    /// The directory read-only, changes on a volume above it.
    case overlay
    /// A volume of its own in the directory's place.
    case volume
}

/// What holds a project's files and enforces its disk limits.
public enum VolumeKind: String, Hashable, Sendable, CaseIterable {
    /// A directory whose files count for a project id of ours, on ext4 or xfs with project quota.
    case projectQuota = "project-quota"
    /// A file with an ext4 file system in it, of the limit's size, on a loop device.
    case image
    /// Memory: what is in it ends with the sandbox.
    case tmpfs
    /// A directory like any other, which limits nothing.
    case directory
}
