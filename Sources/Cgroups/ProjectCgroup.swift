public import Plan
internal import Syscalls

/// The cgroups of one project: its limits, one leaf for init, and one for each of its runs.
///
/// With cgroupfs it is one directory, `bulkhead-NAME`, with leaves below it. With systemd the limits
/// are those of `bulkhead-NAME.slice`, and the leaves are below `bulkhead-NAME.scope` in it, which
/// systemd leaves to us. It outlives this value: whoever wants it gone calls `end()`.
public final class ProjectCgroup {
    public let project: ProjectName
    let host: CgroupHost
    let units: ProjectUnits
    /// Where the limits are, nil before it is made and after it is gone.
    var limited: CgroupDirectory?
    /// What the leaves are below.
    var top: CgroupDirectory?
    /// `top` once more, as a read-only mount of its own: what is opened below it leads nowhere else,
    /// not even by `..`, and so may get into a sandbox.
    private var shown: Directory?
    var writes: [ControlWrite]
    var allowUnlimited: Bool
    /// What was last put in force, nil where somebody else did.
    var asked: ResolvedLimits?
    var askedOfLeaves: [CgroupLeaf: ResolvedLimits] = [:]
    /// What was written since to take memory away, by file.
    var staged: [String: ControlWrite] = [:]
    /// Changes that others made and that were told already.
    var toldOutside: [CgroupLeaf?: Set<LimitChange>] = [:]
    /// What systemd was last told; nil: not by us.
    var told: [ControlWrite]?
    /// Whether the slice of all was made to spare what this one is spared, since it was made or taken over.
    var isSharedProtected = false
    /// The limits that were asked for and are not in force; empty unless that is allowed.
    public internal(set) var unenforced: [UnenforcedLimit]
    /// When systemd was last asked to end it, of CLOCK_MONOTONIC in microseconds.
    var stopAskedAt: Int64?
    /// Whether, as it is ended, the slice that it is in is spared something for it.
    var isSpared = false

    /// In the supervisor nobody waits longer for systemd than this.
    static let busSeconds: UInt64 = 5

    private init(_ project: ProjectName, on host: CgroupHost) {
        self.project = project
        self.host = host
        units = ProjectUnits(project)
        writes = []
        allowUnlimited = false
        unenforced = []
    }

    public var driver: CgroupDriver { host.driver }

    /// The directory that the leaves are below; empty where it is not there.
    public var path: String { top?.path ?? "" }

    /// Makes the cgroup with its limits, as far as it can be made without a process. Throws `inUse`
    /// where processes are in one of that name; an empty one is replaced.
    public static func make(
        _ project: ProjectName, limits: Limits, allowUnlimited: Bool, on host: CgroupHost
    ) throws(CgroupError) -> ProjectCgroup {
        if host.driver == .none { throw host.obstacle ?? .noCgroup2 }
        if let left = try existing(project, on: host) {
            if left.isPopulated { throw .inUse(path: left.limited?.path ?? "") }
            _ = try left.end(withinMilliseconds: emptyRemovalMillisecondsMax)
        }
        let made = ProjectCgroup(project, on: host)
        let resolved = try ResolvedLimits(limits, allowUnlimited: allowUnlimited, on: host)
        made.writes = resolved.writes
        made.asked = resolved
        made.allowUnlimited = allowUnlimited
        made.unenforced = resolved.unenforced
        if host.driver == .cgroupfs {
            do throws(CgroupError) { try made.makeDirectory() } catch {
                _ = try? made.end()
                throw error
            }
        }
        return made
    }

    private func makeDirectory() throws(CgroupError) {
        let parent = try host.openParent()
        try parent.passOn(Set(writes.map(\.controller)))
        // The others only measure.
        try? parent.passOn(host.controllers.intersection(Controller.usual + [.cpuset]))
        do throws(SystemCallError) {
            try parent.directory.makeDirectory(directoryName)
            top = try parent.child(directoryName)
            limited = try parent.child(directoryName)
        } catch { throw CgroupError(making: error) }
        unenforced +=
            try limited?.apply(writes, allowUnlimited: allowUnlimited, host.files) ?? []
    }

    /// The name of its directory, with cgroupfs.
    var directoryName: String { "bulkhead-\(project.unitPart)" }

    /// Where its limits are, made or not.
    var limitedPath: String {
        let parent = host.parentPath ?? ""
        return driver == .systemd
            ? "\(parent)/\(ScopeRequest.slice)/\(units.slice)" : "\(parent)/\(directoryName)"
    }

    /// The cgroup of that name, nil where there is none.
    public static func existing(
        _ project: ProjectName, on host: CgroupHost
    ) throws(CgroupError) -> ProjectCgroup? {
        if host.driver == .none { return nil }
        let found = ProjectCgroup(project, on: host)
        let path = found.limitedPath
        guard let directory = host.files.cgroup2(path) else { return nil }
        found.limited = CgroupDirectory(directory, path: path)
        let topPath = host.driver == .systemd ? "\(path)/\(found.units.scope)" : path
        // A slice without a scope is one that is just being made, or that is left over.
        if let top = host.files.cgroup2(topPath) {
            found.top = CgroupDirectory(top, path: topPath)
        }
        return found
    }

    /// The directory to create the first process in, as for a `SandboxCgroup`.
    public var directoryForClone: CInt? { driver == .cgroupfs ? top?.directory.number : nil }

    /// Moves the first process in, where it could not be created there, and makes sure that the limits
    /// are in force. It must be waiting: what it forks before is not moved.
    public func adopt(pid: Int32) throws(CgroupError) {
        if driver != .systemd { return }
        let bus = try SystemdBus(seconds: Self.busSeconds)
        let scope = ScopeRequest(project: project, process: pid, writes: writes)
        stopAskedAt = nil
        do throws(CgroupError) { try bus.start(scope) } catch {
            guard case .systemdRefused(_, unitExists, _) = error else { throw error }
            // Nobody is in it: left over from a sandbox that is gone, or from a launch that was killed.
            for unit in [units.scope, units.slice] {
                try? bus.resetFailed(unit)
                try? bus.stop(unit)
            }
            awaitAbsence(milliseconds: emptyRemovalMillisecondsMax)
            try bus.start(scope)
        }
        let found = try ownPath(of: pid)
        let suffix = "/\(ScopeRequest.slice)/\(units.slice)/\(units.scope)"
        guard found.hasSuffix(suffix), let mount = host.mountPoint else {
            throw .notInScope(unit: units.scope, found: found)
        }
        let path = mount + found
        let slice = String(path.dropLast(units.scope.utf8.count + 1))
        guard let top = host.files.cgroup2(path), let limited = host.files.cgroup2(slice) else {
            throw .notInScope(unit: units.scope, found: found)
        }
        self.top = CgroupDirectory(top, path: path)
        self.limited = CgroupDirectory(limited, path: slice)
        told = writes
        guard let asked else { return }
        // What an administrator has said of a slice of that name for good goes before what a transient
        // one is made with: `systemctl set-property`. This is the project's, whoever it was before.
        if self.limited?.deviations(from: asked, earlier: nil).isEmpty == false { told = [] }
        try conform(to: asked, allowUnlimited: allowUnlimited)
    }

    private func ownPath(of pid: Int32) throws(CgroupError) -> String {
        let membership = host.files.read("/proc/\(pid)/cgroup") ?? ""
        return CgroupMount.unifiedPath(in: membership) ?? "/"
    }

    /// Whether the process is in this leaf of this very cgroup.
    public func holds(pid: Int32, in leaf: CgroupLeaf) -> Bool {
        // The number of a process that is elsewhere, or that we cannot see, is not in the list.
        pids(in: leaf).contains(pid)
    }

    /// Makes the leaves out of a cgroup that has one process, which has made its cgroup namespace:
    /// that process moves to the leaf of init, and the controllers are passed on.
    ///
    /// - Parameter owner: the host's id of init's user, who may from then on start processes in a leaf
    ///   that is opened for that (`makeLeaf`): clone3(2), `CLONE_INTO_CGROUP`, asks for the permission
    ///   to write `cgroup.procs` of the leaf and of what it has in common with init's own.
    public func divide(first pid: Int32, owner: UInt32) throws(CgroupError) {
        do throws(SystemCallError) {
            for name in [CgroupLeaf.initial.path, CgroupLeaf.services, CgroupLeaf.tasks] {
                try top?.directory.makeDirectory(name)
            }
            try top?.directory.writeFile("\(CgroupLeaf.initial.path)/cgroup.procs", "\(pid)")
            let available = Controller.list(
                try top?.directory.readFile("cgroup.controllers") ?? "")
            if !available.isEmpty {
                let words = available.sorted().map { "+\($0.rawValue)" }.joined(separator: " ")
                for prefix in ["", CgroupLeaf.services + "/", CgroupLeaf.tasks + "/"] {
                    try top?.directory.writeFile(prefix + "cgroup.subtree_control", words)
                }
            }
            try top?.directory.setOwner("cgroup.procs", user: owner, group: owner)
        } catch { throw CgroupError(making: error) }
    }

    /// Opens a leaf in a way that may be shown to the sandbox.
    func openShown(_ leaf: CgroupLeaf) throws(SystemCallError) -> FileDescriptor {
        if shown == nil { shown = try top?.readOnlyView() }
        return try open(
            leaf.path, at: shown?.number ?? -1, [.path, .directory],
            resolve: [.beneath, .noSymlinks])
    }
}

/// systemd's error names.
let unitExists = "org.freedesktop.systemd1.UnitExists"
let noSuchUnit = "org.freedesktop.systemd1.NoSuchUnit"

/// How long a cgroup without processes may take to be gone.
private let emptyRemovalMillisecondsMax: Int64 = 2_000

extension CgroupDirectory {
    /// A cgroup below.
    borrowing func child(_ name: String) throws(SystemCallError) -> CgroupDirectory {
        CgroupDirectory(
            try Directory(
                opening: name, at: directory.number, resolve: [.beneath, .noSymlinks]),
            path: "\(path)/\(name)")
    }
    /// The cgroup once more, as the root of a mount that is attached nowhere.
    fileprivate borrowing func readOnlyView() throws(SystemCallError) -> Directory {
        let mount = try DetachedMount(cloning: directory.descriptor, path: path)
        try mount.set([.readOnly, .noSetUserID, .noDevices, .noExecute], path: path)
        return Directory(mount.intoDescriptor())
    }
}
