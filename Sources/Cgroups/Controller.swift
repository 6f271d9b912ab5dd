/// A cgroup v2 controller that Bulkhead sets limits with:
/// Documentation/admin-guide/cgroup-v2.rst, "Controllers".
public enum Controller: String, CaseIterable, Hashable, Comparable, Sendable {
    case cpu, cpuset, hugetlb, io, memory, pids

    /// Those that every sandbox is limited and measured by. The others are asked for only where a limit
    /// needs them.
    public static let usual: [Controller] = [.cpu, .io, .memory, .pids]

    /// What the same controller is called in /proc/cgroups and in the hierarchies of version 1.
    var nameInVersion1: String { self == .io ? "blkio" : rawValue }

    /// The kernel's build options that bring it.
    var buildOptions: String {
        switch self {
        case .cpu: "CONFIG_FAIR_GROUP_SCHED and CONFIG_CFS_BANDWIDTH"
        case .cpuset: "CONFIG_CPUSETS"
        case .hugetlb: "CONFIG_CGROUP_HUGETLB"
        case .io: "CONFIG_BLK_CGROUP and CONFIG_BLK_DEV_THROTTLING"
        case .memory: "CONFIG_MEMCG"
        case .pids: "CONFIG_CGROUP_PIDS"
        }
    }

    public static func < (left: Controller, right: Controller) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The controllers in a `cgroup.controllers` or `cgroup.subtree_control` file; others than ours
    /// are passed over.
    static func list(_ text: String) -> Set<Controller> {
        Set(text.split { $0 == " " || $0 == "\n" }.compactMap { Controller(rawValue: String($0)) })
    }
}
