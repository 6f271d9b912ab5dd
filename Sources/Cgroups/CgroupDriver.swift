/// How the cgroup of a run is made.
public enum CgroupDriver: String, Hashable, Sendable {
    /// As a transient scope below `bulkhead.slice`, asked of systemd over D-Bus.
    case systemd
    /// As a directory below a cgroup that is ours to use.
    case cgroupfs
    /// Not at all: nothing is limited and nothing measured.
    case none
}
