internal import Syscalls

/// What this host offers for the cgroup of a run. Finding out costs a handful of system calls; why
/// something is missing is looked up only when it is asked for.
public struct CgroupHost: Sendable {
    public enum Hierarchy: String, Hashable, Sendable {
        /// cgroup2 at /sys/fs/cgroup, with the controllers.
        case unified
        /// cgroup2 elsewhere, beside hierarchies of version 1.
        case hybrid
        /// No cgroup2 at all.
        case none
    }

    public let driver: CgroupDriver
    public let hierarchy: Hierarchy
    /// Nil where no cgroup2 is mounted.
    public let mountPoint: String?
    /// The cgroup below which a run's is made, as a path on this host; nil: nowhere.
    public let parentPath: String?
    /// What the parent may pass on to a run's cgroup.
    public let controllers: Set<Controller>
    /// Why no cgroup can be made, where that is already plain.
    public let obstacle: CgroupError?

    /// The cgroup that all projects have in common; nil: nowhere.
    public var commonPath: String? {
        switch driver {
        case .systemd: parentPath.map { "\($0)/\(ScopeRequest.slice)" }
        case .cgroupfs, .none: parentPath
        }
    }

    let files: HostFiles
    /// Whether the operator chose the parent.
    let hasChosenParent: Bool

    /// Looks at this host.
    ///
    /// - Parameter parent: the cgroup directory to work below, `--cgroup-parent`; nil: systemd where
    ///   it is PID 1, else the cgroup we are in. Throws `parentUnusable`, and nothing else.
    public static func probe(parent: String?) throws(CgroupError) -> CgroupHost {
        try CgroupHost(parent: parent, files: HostFiles())
    }

    init(parent: String?, files: HostFiles) throws(CgroupError) {
        self.files = files
        hasChosenParent = parent != nil
        let mount = CgroupMount.find(on: files)
        mountPoint = mount?.path
        hierarchy =
            switch mount?.path {
            case nil: .none
            case CgroupMount.unifiedPath: .unified
            default: .hybrid
            }
        let choice = try Choice(parent: parent, mount, files)
        driver = choice.driver
        parentPath = choice.path
        obstacle = choice.obstacle
        // An unreadable list passes nothing on.
        controllers = Controller.list(
            choice.path.flatMap { files.read("\($0)/cgroup.controllers") } ?? "")
    }

    private struct Choice {
        var driver = CgroupDriver.none
        var path: String?
        var obstacle: CgroupError?

        init(parent: String?, _ mount: CgroupMount?, _ files: HostFiles) throws(CgroupError) {
            if let parent {
                _ = try CgroupHost.open(parent: parent, files)
                driver = .cgroupfs
                path = parent
                return
            }
            guard let mount else {
                obstacle = .noCgroup2
                return
            }
            // What sd_booted(3) looks at.
            if files.exists("/run/systemd/system") {
                driver = .systemd
                path = mount.path
                return
            }
            let membership = files.read("/proc/self/cgroup") ?? ""
            path = mount.ownCgroup(membership: membership, on: files)
            driver = path == nil ? .none : .cgroupfs
            if path == nil {
                let own = CgroupMount.unifiedPath(in: membership) ?? "/.."
                obstacle = .ownCgroupHidden(path: own)
            }
        }
    }

    /// Opens the parent, making sure that it is a cgroup.
    private static func open(
        parent path: String, _ files: HostFiles
    ) throws(CgroupError) -> Directory {
        guard path.hasPrefix("/") else {
            throw .parentUnusable(path: path, reason: "is not an absolute path")
        }
        let directory: Directory
        do throws(SystemCallError) {
            directory = try Directory(opening: files.at(path), resolve: .noSymlinks)
        } catch { throw .parentUnusable(path: path, reason: "\(error.errno)") }
        guard files.isCgroup2(path, directory) else {
            throw .parentUnusable(path: path, reason: "is not on a cgroup2 file system")
        }
        return directory
    }

    /// The cgroup below which a run's is made.
    func openParent() throws(CgroupError) -> CgroupDirectory {
        guard let parentPath else { throw obstacle ?? .noCgroup2 }
        return CgroupDirectory(try Self.open(parent: parentPath, files), path: parentPath)
    }

    /// Why the controllers that are not in `controllers` are missing, and how to get them.
    public func missingControllers(
        _ wanted: [Controller] = Controller.usual
    ) -> [MissingController] {
        let missing = wanted.filter { !controllers.contains($0) }
        if missing.isEmpty { return [] }
        let table = files.read("/proc/cgroups") ?? ""
        let root = mountPoint.map { Controller.list(files.read("\($0)/cgroup.controllers") ?? "") }
        return missing.map {
            MissingController($0, table: table, root: root, cgroup: parentPath ?? "")
        }
    }
}
