internal import Plan
internal import Syscalls

/// Where the cgroup2 file system is mounted.
struct CgroupMount: Hashable, Sendable {
    let path: String
    /// Where hybrid hosts have it, whose controllers are in hierarchies of version 1.
    static let hybridPath = "/sys/fs/cgroup/unified"
    static let unifiedPath = "/sys/fs/cgroup"

    /// The usual places cost three calls; /proc/self/mountinfo is read only where they fail.
    static func find(on host: HostFiles) -> CgroupMount? {
        for path in [unifiedPath, hybridPath] where host.cgroup2(path) != nil {
            return CgroupMount(path: path)
        }
        let table = host.read("/proc/self/mountinfo") ?? ""
        return all(in: table).first { host.cgroup2($0.path) != nil }.map {
            CgroupMount(path: $0.path)
        }
    }

    /// The cgroup2 mounts in a mountinfo file, each with the cgroup that is its root.
    static func all(in mountinfo: String) -> [(root: String, path: String)] {
        mountinfo.split(separator: "\n").compactMap { line in
            // id parent device root mount-point options [tags…] - type source options: proc(5).
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash >= 6,
                fields.indices.contains(dash + 1),
                fields[dash + 1] == "cgroup2"
            else { return nil }
            return (unescapedMountinfo(fields[3].utf8), unescapedMountinfo(fields[4].utf8))
        }
    }

    /// The path below the mount point of the process's own cgroup; nil where it cannot be seen.
    ///
    /// - Parameter membership: the content of /proc/self/cgroup.
    func ownCgroup(membership: String, on host: HostFiles) -> String? {
        guard let own = Self.unifiedPath(in: membership) else { return nil }
        let direct = own == "/" ? path : path + own
        if host.cgroup2(direct) != nil { return direct }
        // The mount may begin below the root of our cgroup namespace, as in a container that
        // shares the host's.
        for (root, point) in Self.all(in: host.read("/proc/self/mountinfo") ?? "")
        where point == path {
            if own == root { return path }
            if root != "/", own.hasPrefix(root + "/") { return path + own.dropFirst(root.count) }
        }
        return nil
    }

    /// What stands after `0::`; nil for a process outside our cgroup namespace, whose path begins
    /// with `/..`: cgroup_namespaces(7).
    static func unifiedPath(in membership: String) -> String? {
        for line in membership.split(separator: "\n") where line.hasPrefix("0::/") {
            let path = String(line.dropFirst(3))
            return path == "/.." || path.hasPrefix("/../") ? nil : path
        }
        return nil
    }
}
