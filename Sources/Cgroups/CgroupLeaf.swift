public import Plan

/// A cgroup at the bottom of a project's tree, in which processes are: cgroups(7), "no internal
/// processes".
public struct CgroupLeaf: Hashable, Sendable {
    /// Below the project's cgroup: `services/web`.
    public let path: String

    /// PID 1 of the sandbox.
    public static let initial = CgroupLeaf(path: "init")

    /// The one of a service, whichever of its runs is in it.
    public static func service(_ name: WorkloadName) -> CgroupLeaf {
        CgroupLeaf(path: "\(services)/\(name.text)")
    }

    /// The one of any other run.
    public static func task(_ run: RunID) -> CgroupLeaf {
        CgroupLeaf(path: "\(tasks)/\(run.rawValue)")
    }

    /// What leaves of either kind are in.
    static let services = "services"
    static let tasks = "tasks"
}
