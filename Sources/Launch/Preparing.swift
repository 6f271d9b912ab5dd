internal import Capabilities
internal import Control
internal import Mounts
internal import Namespaces
public import Plan
internal import Seccomp
internal import Syscalls

/// Descriptors of ours that become the child's.
struct HandedOver: ~Copyable {
    let mounts: PreparedMounts
    /// init's end of the control socket.
    let control: FileDescriptor
    let executable: FileDescriptor

    /// What the child does after the go-ahead, in an order that matters.
    var steps: [LaunchStep] {
        // It is in its cgroup by now, and that becomes the root of what it can see.
        [.leaveCgroupNamespace] + mounts.steps + [.execute(executable.number)]
    }
}

extension SandboxPlan {
    var namespaces: NamespaceFlags {
        var flags: NamespaceFlags = [.user, .mount, .process, .interprocess, .hostname]
        if network == .none { flags.insert(.network) }
        return flags
    }

    /// The kinds that are its own, as records name them.
    public var namespaceNames: [String] {
        // Its own of cgroups it gets last, by a step.
        NamespaceFlags.names.filter { namespaces.contains($0.flag) }.map(\.name) + ["cgroup"]
    }

    /// What the child does while the rest is prepared, as soon as it has its ids: without them it is
    /// nobody and may change nothing.
    var earlySteps: [LaunchStep] {
        var steps: [LaunchStep] = [.becomeRoot, .setHostname(hostname)]
        if network == .none { steps.append(.setLoopbackUp) }
        steps.append(.renewKeyring)
        return steps
    }
}

extension LaunchResources {
    func openInit() throws(LaunchError) -> FileDescriptor {
        for path in initCandidates {
            do { return try open(path, .path, resolve: .noMagicLinks) } catch
                where error.errno == .ENOENT || error.errno == .ENOTDIR
            {
                continue
            } catch { throw .failed(error) }
        }
        throw .initMissing(searched: initCandidates)
    }
}

extension PreparedMounts {
    /// Makes the sandbox's root and opens everything that is attached in it.
    init(
        _ plan: SandboxPlan, range: IDRange, hasCgroup: Bool, _ faults: inout FaultPoints
    ) throws(LaunchError) {
        try faults.pass("make the root")
        var mounts = try refusing { () throws(MountError) in
            try PreparedMounts(root: plan.root, range: range, identity: plan.identity)
        }
        for mount in plan.mounts where mount.source != .cgroup || hasCgroup {
            try faults.pass("prepare \(mount.destination)")
            try refusing { () throws(MountError) in
                try mounts.add(mount) { map throws(SystemCallError) in
                    try map.makeUserNamespace()
                }
            }
        }
        mounts.finish()
        self = mounts
    }
}

extension SpawnRequest {
    init(
        _ plan: WorkloadPlan, filter: SeccompProgram, window: WindowSize?, lingers: Bool
    ) throws(LaunchError) {
        let capabilities = try refusing { () throws(InvalidValue) in
            try CapabilitySet(named: plan.capabilities)
        }
        self.init(
            user: plan.identity.user, group: plan.identity.group, capabilities: capabilities.bits,
            terminal: plan.terminal ? window ?? WindowSize(rows: 24, columns: 80) : nil,
            resourceLimits: plan.resourceLimits.map {
                Limit(resource: $0.resource.rawValue, soft: $0.soft, hard: $0.hard)
            },
            directory: Array(plan.workingDirectory.utf8),
            candidates: plan.candidates.map { Array($0.utf8) },
            arguments: plan.command.map { Array($0.utf8) },
            environment: plan.environment.map { Array("\($0.name)=\($0.value)".utf8) },
            filter: filter.instructions, writable: plan.writable.map { Array($0.utf8) },
            lingers: lingers)
    }

    /// As init reads it.
    func file() throws(LaunchError) -> FileDescriptor {
        let bytes = encoded()
        if bytes.count > SpawnRequest.encodedLengthMax {
            throw .refused(
                InvalidValue(
                    "command", "\(bytes.count) bytes",
                    "arguments and environment are too long together",
                    hint: "at most \(SpawnRequest.encodedLengthMax) bytes fit"))
        }
        return try system { () throws(SystemCallError) in
            try memoryFile("bulkhead-request", containing: bytes)
        }
    }
}

/// Runs a part's step and refuses the launch with the part's own error.
func refusing<Result: ~Copyable, Failure: Diagnosable>(
    _ step: () throws(Failure) -> Result
) throws(LaunchError) -> Result {
    do { return try step() } catch { throw .refused(error) }
}

func system<Result: ~Copyable>(
    _ call: () throws(SystemCallError) -> Result
) throws(LaunchError) -> Result {
    do { return try call() } catch { throw .failed(error) }
}

func namespaced<Result: ~Copyable>(
    _ call: () throws(SystemCallError) -> Result
) throws(LaunchError) -> Result {
    do { return try call() } catch { throw .refused(NamespaceError.refused(error)) }
}
