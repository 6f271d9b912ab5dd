/// The cgroup of one run: its limits, its measurements, its end. cgroups(7).
///
/// It is made before the sandbox's first process. That process is created in it
/// (`directoryForClone`) and then, while it waits for its go-ahead, given to `adopt`: each driver
/// needs one of the two. Read the measurements while that process still lives: systemd removes a
/// cgroup as soon as it is empty.
public struct SandboxCgroup: ~Copyable {
    private let backing: any CgroupBacking

    /// Makes the cgroup that `request` asks for. Where a limit cannot be enforced and the request
    /// does not allow that, throws and leaves nothing behind.
    public static func make(
        _ request: CgroupRequest, on host: CgroupHost
    ) throws(CgroupError) -> SandboxCgroup {
        let limits = try ResolvedLimits(
            request.limits, allowUnlimited: request.allowUnlimited, on: host)
        // Where it could enforce nothing, and that is allowed, a cgroup would cost a tenth of a launch
        // for no more than numbers that the kernel also gives of the processes.
        if request.allowUnlimited && !host.hasChosenParent && limits.writes.isEmpty
            && !limits.unenforced.isEmpty
        {
            return SandboxCgroup(backing: NoCgroup(unenforced: limits.unenforced))
        }
        do throws(CgroupError) {
            switch host.driver {
            case .systemd:
                return SandboxCgroup(backing: try SystemdScope(request, limits, on: host))
            case .cgroupfs:
                return SandboxCgroup(backing: try CgroupfsCgroup(request, limits, on: host))
            case .none: throw host.obstacle ?? .noCgroup2
            }
        } catch {
            guard request.allowUnlimited, error.meansNoCgroup else { throw error }
            let unenforced = limits.all.map {
                UnenforcedLimit(file: $0.file, value: $0.value, reason: error.message)
            }
            return SandboxCgroup(backing: NoCgroup(unenforced: unenforced))
        }
    }

    private init(backing: any CgroupBacking) { self.backing = backing }

    deinit {
        backing.kill()
        // The best that can be done here; whoever wants to know calls `remove()`.
        try? backing.remove()
    }

    /// What in the end made it: `none` also where the host has no cgroup and that was allowed.
    public var driver: CgroupDriver { backing.driver }

    /// The cgroup's directory on this host; empty before systemd has made it, and without one.
    public var path: String { backing.path }

    /// The limits that were asked for and are not in force; empty unless the request allows it.
    public var unenforced: [UnenforcedLimit] { backing.unenforced }

    /// The directory to create the first process in: clone3(2), `CLONE_INTO_CGROUP`. Nil where
    /// systemd moves it, and without a cgroup.
    public var directoryForClone: CInt? { backing.directoryForClone }

    /// Moves the first process in, where the driver could not create it there, and makes sure that
    /// its limits are in force. It must be waiting: what it forks before is not moved.
    public mutating func adopt(pid: Int32) throws(CgroupError) { try backing.adopt(pid: pid) }

    /// Kills every process in it at once: cgroups(7), `cgroup.kill`.
    public func kill() { backing.kill() }

    /// What its processes have used so far.
    public func usage() -> CgroupUsage { backing.usage() }

    /// What the kernel says of its limits.
    public func limitsInForce() -> [LimitInForce] { backing.limitsInForce() }

    /// Removes it, waiting up to ten seconds for killed processes to be gone; throws `notRemoved`
    /// where they are not, and may be called again then. Does nothing once it is removed.
    public mutating func remove() throws(CgroupError) { try backing.remove() }
}

extension CgroupError {
    /// Whether the host has no cgroup that we may use at all.
    fileprivate var meansNoCgroup: Bool {
        switch self {
        case .noCgroup2, .ownCgroupHidden, .notWritable: true
        case .inUse, .limitBelowUse, .notFrozen, .notThatCgroup, .controllerMissing,
            .parentUnusable, .innerProcesses, .alreadyRunning, .noBlockDevice,
            .limitUnknown, .limitRefused, .limitNotInForce, .busUnreachable, .systemdRefused,
            .systemdSilent, .notInScope, .notRemoved, .failed:
            false
        }
    }
}
