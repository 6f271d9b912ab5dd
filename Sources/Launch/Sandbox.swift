internal import Capabilities
internal import Cgroups
internal import Control
internal import Mounts
internal import Namespaces
internal import Plan
internal import Seccomp
internal import Syscalls

/// A launched sandbox: its cgroup, its init, and the way to talk to that.
///
/// Made step by step; a step that fails throws, and what was made before it is undone as its owner
/// goes out of scope, in reverse order.
struct Sandbox: ~Copyable {
    let plan: LaunchPlan
    let lease: IDRangeLease
    var cgroup: SandboxCgroup
    var child: LaunchedChild
    let control: PacketSocket
    /// What the child takes over; it shares our table of descriptors until it has begun to walk, so
    /// these stay open until it has become init.
    var handedOver: HandedOver?
    let filter: SeccompProgram
    /// The kernel's log since before there was a process; nil where it is not ours to read.
    var memoryLog: OutOfMemoryLog?
    /// Of CLOCK_MONOTONIC, in microseconds: when the launch began.
    let began: Int64

    init(
        _ plan: LaunchPlan, _ resources: LaunchResources, streams: borrowing StandardStreams,
        window: SpawnRequest.WindowSize?
    ) throws(LaunchError) {
        let began = monotonicMicroseconds()
        var faults = FaultPoints(failing: resources.faultPoint)

        try faults.pass("make the cgroup")
        var cgroup = try refusing { () throws(CgroupError) in
            try SandboxCgroup.make(
                CgroupRequest(
                    name: plan.name, limits: plan.limits, allowUnlimited: plan.allowUnlimited),
                on: CgroupHost.probe(parent: plan.cgroupParent))
        }
        let memoryLog = OutOfMemoryLog()

        try faults.pass("lease an id range")
        let lease = try refusing { () throws(NamespaceError) in try IDRangeLease() }

        // From here on there is, or comes to be, a process; it waits, and goes when `child` does.
        try faults.pass("begin the namespaces")
        let early = Self.earlySteps(plan)
        let earlyFault = faults.passChild(steps: early.count)
        var child = try namespaced { () throws(SystemCallError) in
            try LaunchedChild(
                namespaces: Self.namespaces(plan), cgroup: cgroup.directoryForClone,
                idMap: lease.range.mapLine, early: early, fault: earlyFault)
        }

        // While the child is being made: making its network namespace takes the longest of all.
        try faults.pass("load the seccomp profile")
        let filter = try refusing { () throws(ProfileError) in
            try resources.profiles.program(for: plan.seccompProfile)
        }
        let capabilities = try refusing { () throws(InvalidValue) in
            try CapabilitySet(named: plan.capabilities)
        }
        try faults.pass("open bulkhead-init")
        let executable = try Self.openInit(resources.initCandidates)

        try faults.pass("make the root")
        var mounts = try refusing { () throws(MountError) in
            try PreparedMounts(root: plan.root, range: lease.range, identity: plan.identity)
        }
        // Without a cgroup of its own the sandbox would see those of the host.
        for mount in plan.mounts where mount.source != .cgroup || cgroup.driver != .none {
            try faults.pass("prepare \(mount.destination)")
            try refusing { () throws(MountError) in
                try mounts.add(mount) { map throws(SystemCallError) in
                    try map.makeUserNamespace()
                }
            }
        }
        mounts.finish()

        try faults.pass("make the control socket")
        let (ours, inits) = try system { () throws(SystemCallError) in try PacketSocket.pair() }
        let control = PacketSocket(FileDescriptor(owning: ours))
        let handedOver = HandedOver(
            mounts: mounts, control: FileDescriptor(owning: inits), executable: executable)
        try faults.pass("send the request to init")
        // Before there is an init: it finds the request when it first looks.
        try Self.send(
            SpawnRequest(
                plan, capabilities: capabilities.bits, filter: filter.instructions, window: window,
                lingers: cgroup.driver != .none),
            over: control)

        try faults.pass("make the namespaces")
        try namespaced { () throws(SystemCallError) in try child.join() }
        let pid = child.pid
        try faults.pass("adopt the process into the cgroup")
        do throws(CgroupError) { try cgroup.adopt(pid: pid) } catch {
            // A child that failed early is no process to adopt, and its own reason tells more.
            if let failed = child.failure { throw .step(failed.step, failed.errno) }
            throw .refused(error)
        }
        try faults.pass("give the go-ahead")
        let steps = Self.steps(plan, handedOver)
        let fault = faults.passChild(steps: steps.count)
        let controlNumber = handedOver.control.number
        let standard = streams.numbers
        try system { () throws(SystemCallError) in
            try child.walk(
                steps, control: controlNumber, standard: standard, fault: fault)
        }

        self.plan = plan
        self.lease = lease
        self.cgroup = cgroup
        self.child = child
        self.control = control
        self.handedOver = consume handedOver
        self.filter = filter
        self.memoryLog = memoryLog
        self.began = began
    }

    private static func openInit(_ candidates: [String]) throws(LaunchError) -> FileDescriptor {
        for path in candidates {
            do { return try open(path, .path, resolve: .noMagicLinks) } catch
                where error.errno == .ENOENT || error.errno == .ENOTDIR
            {
                continue
            } catch { throw .failed(error) }
        }
        throw .initMissing(searched: candidates)
    }

    private static func send(
        _ request: SpawnRequest, over control: borrowing PacketSocket
    ) throws(LaunchError) {
        let bytes = request.encoded()
        if bytes.count > SpawnRequest.encodedLengthMax {
            throw .refused(
                InvalidValue(
                    "command", "\(bytes.count) bytes",
                    "arguments and environment are too long together",
                    hint: "at most \(SpawnRequest.encodedLengthMax) bytes fit"))
        }
        do {
            let file = try memoryFile("bulkhead-request", containing: bytes)
            try control.send(InitMessage.spawn(run: 0, .request).encoded(), with: file.number)
        } catch { throw .failed(error) }
    }

    private static func namespaces(_ plan: LaunchPlan) -> NamespaceFlags {
        var flags: NamespaceFlags = [.user, .mount, .process, .interprocess, .hostname]
        if plan.network == .none { flags.insert(.network) }
        return flags
    }

    /// What the child does while the rest is prepared, as soon as it has its ids: without them it is
    /// nobody and may change nothing.
    private static func earlySteps(_ plan: LaunchPlan) -> [LaunchStep] {
        var steps: [LaunchStep] = [.becomeRoot, .setHostname(plan.hostname)]
        if plan.network == .none { steps.append(.setLoopbackUp) }
        steps.append(.renewKeyring)
        return steps
    }

    /// What it does then, in an order that matters.
    private static func steps(
        _ plan: LaunchPlan, _ handedOver: borrowing HandedOver
    ) -> [LaunchStep] {
        // It is in its cgroup by now, and that becomes the root of what it can see.
        [.dieWithParent, .leaveCgroupNamespace] + handedOver.mounts.steps
            + [.execute(handedOver.executable.number)]
    }
}

/// Descriptors of ours that become the child's.
struct HandedOver: ~Copyable {
    let mounts: PreparedMounts
    /// init's end of the control socket.
    let control: FileDescriptor
    let executable: FileDescriptor
}

extension SpawnRequest {
    fileprivate init(
        _ plan: LaunchPlan, capabilities: UInt64, filter: [UInt8], window: WindowSize?,
        lingers: Bool
    ) {
        self.init(
            user: plan.identity.user, group: plan.identity.group, capabilities: capabilities,
            terminal: plan.terminal ? window ?? WindowSize(rows: 24, columns: 80) : nil,
            resourceLimits: plan.resourceLimits.map {
                Limit(resource: $0.resource.rawValue, soft: $0.soft, hard: $0.hard)
            },
            directory: Array(plan.workingDirectory.utf8),
            candidates: plan.candidates.map { Array($0.utf8) },
            arguments: plan.command.map { Array($0.utf8) },
            environment: plan.environment.map { Array("\($0.name)=\($0.value)".utf8) },
            filter: filter, writable: plan.writable.map { Array($0.utf8) }, lingers: lingers)
    }
}

/// Runs a part's step and refuses the launch with the part's own error.
private func refusing<Result: ~Copyable, Failure: Diagnosable>(
    _ step: () throws(Failure) -> Result
) throws(LaunchError) -> Result {
    do { return try step() } catch { throw .refused(error) }
}

private func system<Result: ~Copyable>(
    _ call: () throws(SystemCallError) -> Result
) throws(LaunchError) -> Result {
    do { return try call() } catch { throw .failed(error) }
}

private func namespaced<Result: ~Copyable>(
    _ call: () throws(SystemCallError) -> Result
) throws(LaunchError) -> Result {
    do { return try call() } catch { throw .refused(NamespaceError.refused(error)) }
}
