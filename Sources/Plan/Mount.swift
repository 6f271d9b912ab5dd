/// One mount of a sandbox, or one change to what is mounted.
public struct Mount: Hashable, Sendable {
    public enum Source: Hashable, Sendable {
        /// A file or directory of the host with all that is mounted below it.
        case host(path: String, Access, ShownOwners)
        /// The directory `lower` of the host, read-only, with changes in the directory `upper` of a
        /// volume.
        case overlay(lower: String, volume: String, ShownOwners)
        /// A tmpfs of its own, writable by the command's user.
        case tmpfs(size: Bytes)
        /// A tmpfs of its own in which everybody may make files: /tmp, /dev/shm.
        case scratch(size: Bytes)
        /// A read-only tmpfs of its own with copies of these files, which only the command's user may
        /// read.
        case secrets([Secret])
        /// The processes of the sandbox's own pid namespace: proc(5).
        case proc
        /// Terminals of the sandbox's own: devpts.
        case terminals
        /// The sandbox's own cgroup and what is below it, read-only: cgroups(7).
        case cgroup
        /// What is mounted there already, made read-only. Passed over where absent.
        case readOnlyAgain
        /// Hides what is there. Passed over where absent.
        case mask
    }

    public enum Access: String, Hashable, Sendable {
        case readOnly = "read-only"
        case writable
    }

    /// How the owners of the host's files appear inside.
    public enum ShownOwners: Hashable, Sendable {
        /// Not at all: every file is nobody's, and only its permissions for others count.
        case unmapped
        /// The owner of the path itself appears as the command's user, anybody else as nobody. What
        /// the command creates belongs to that owner on the host.
        case ownerAsUser
        /// Users 0 to 65,535 appear as themselves: a root file system with users of its own.
        case sameNumbers
        /// They become the command's user's for good: for what ends with the sandbox.
        case handedOver
    }

    public var source: Source
    /// Absolute, inside the sandbox.
    public var destination: String

    public init(_ source: Source, at destination: String) {
        self.source = source
        self.destination = destination
    }
}
