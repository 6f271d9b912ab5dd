internal import Capabilities
internal import Cgroups
internal import Control
internal import Mounts
internal import Namespaces
public import Plan
internal import Syscalls

extension LiveSandbox {
    /// Follows a plan: makes a project's sandbox, without a run in it. A step that fails leaves nothing
    /// behind.
    ///
    /// Should we be killed before `willLaunch` has returned, its process ends with us. After that it
    /// lives on: whoever finds it written down as intended only, calls `removeRemains`.
    ///
    /// - Parameters:
    ///   - directory: for its socket, made here: `/run/bulkhead/sandboxes/NAME`.
    ///   - willLaunch: is told what is known of it, all but its start time, while it waits for its
    ///     go-ahead; what this throws ends the launch.
    public static func launch(
        _ project: ProjectName, _ plan: SandboxPlan, _ resources: LaunchResources,
        logRate: LogRate, directory: String,
        willLaunch: (SandboxRecord) throws(LaunchError) -> Void = { _ throws(LaunchError) in }
    ) throws(LaunchError) -> LiveSandbox {
        var faults = FaultPoints(failing: resources.faultPoint)
        try faults.pass("make the cgroup")
        let cgroup = try refusing { () throws(CgroupError) in
            try ProjectCgroup.make(
                project, limits: plan.limits, allowUnlimited: plan.allowUnlimited,
                on: CgroupHost.probe(parent: plan.cgroupParent))
        }
        let home = SandboxDirectory(path: directory)
        do throws(LaunchError) {
            return try launch(
                plan, in: cgroup, resources, logRate: logRate, home, willLaunch, &faults)
        } catch {
            // Its process is killed and reaped by now.
            _ = try? cgroup.end(withinMilliseconds: clearingMillisecondsMax)
            _ = try? home.remove()
            throw error
        }
    }

    private static func launch(
        _ plan: SandboxPlan, in cgroup: ProjectCgroup, _ resources: LaunchResources,
        logRate: LogRate, _ home: SandboxDirectory,
        _ willLaunch: (SandboxRecord) throws(LaunchError) -> Void, _ faults: inout FaultPoints
    ) throws(LaunchError) -> LiveSandbox {
        try faults.pass("lease an id range")
        let lease = try refusing { () throws(NamespaceError) in
            try IDRangeLease(preferredBy: cgroup.project)
        }
        try faults.pass("begin the namespaces")
        let early = plan.earlySteps
        let earlyFault = faults.passChild(steps: early.count)
        var child = try namespaced { () throws(SystemCallError) in
            try LaunchedChild(
                namespaces: plan.namespaces, cgroup: cgroup.directoryForClone,
                idMap: lease.range.mapLine, early: early, fault: earlyFault)
        }
        try faults.pass("open bulkhead-init")
        let executable = try resources.openInit()
        let mounts = try PreparedMounts(
            plan, range: lease.range, hasCgroup: true, &faults)
        try faults.pass("make the control socket")
        let bound = try system { () throws(SystemCallError) in try home.make() }
        let null = try system { () throws(SystemCallError) in try open("/dev/null", .readWrite) }
        let handedOver = HandedOver(mounts: mounts, control: bound, executable: executable)

        try faults.pass("make the namespaces")
        try namespaced { () throws(SystemCallError) in try child.join() }
        let pid = child.pid
        try faults.pass("adopt the process into the cgroup")
        do throws(CgroupError) { try cgroup.adopt(pid: pid) } catch {
            // A child that failed early is no process to adopt, and its own reason tells more.
            if let failed = child.failure { throw .step(failed.step, failed.errno) }
            throw .refused(error)
        }
        try faults.pass("tell of it")
        var record = SandboxRecord(
            project: cgroup.project, range: lease.range, pid: pid, startTime: 0,
            boot: try bootID(), cgroup: cgroup.path, launchedAt: realtimeNanoseconds())
        try willLaunch(record)

        try faults.pass("give the go-ahead")
        let steps = handedOver.steps
        let fault = faults.passChild(steps: steps.count)
        let control = handedOver.control.number
        let standard = (null.number, null.number, null.number)
        try system { () throws(SystemCallError) in
            try child.walk(steps, control: control, standard: standard, fault: fault)
        }
        try faults.pass("connect to init")
        let connection = try connect(home, &child)
        record.startTime = try startTime(ofProcess: pid)
        try faults.pass("divide the cgroup")
        try refusing { () throws(CgroupError) in
            try cgroup.divide(first: pid, owner: lease.range.host(0))
        }
        // Only now: until it was init it shared our memory, and what is set for one of those is set for
        // all.
        makeKillable(pid)
        try faults.pass("hand over the lease")
        let handle = try system { () throws(SystemCallError) in try child.release() }
        let sandbox = LiveSandbox(
            record, cgroup: cgroup, directory: home, process: handle, control: connection,
            resources, logRate: logRate)
        do throws(LaunchError) {
            try sandbox.hold(capabilities: plan.capabilities, lease: lease)
        } catch {
            sandbox.killInit()
            throw error
        }
        return sandbox
    }

    /// Waits until init listens; then it is init, and has all that it takes from us.
    private static func connect(
        _ home: SandboxDirectory, _ child: inout LaunchedChild
    ) throws(LaunchError) -> PacketSocket {
        let deadline = monotonicMicroseconds() + listeningMicrosecondsMax
        while true {
            do throws(SystemCallError) {
                let connection = try home.connect()
                let peer = try PeerCredentials(of: connection.descriptor)
                if peer.pid == child.pid { return connection }
                throw SystemCallError("connect", on: "process \(peer.pid)", .ECONNREFUSED)
            } catch {
                if error.errno != .ECONNREFUSED { throw .failed(error) }
            }
            var entries = [PollEntry(child.descriptor, .readable)]
            do { try poll(&entries, timeoutMilliseconds: 1) } catch { throw .failed(error) }
            if !entries[0].occurred.isEmpty {
                if let failed = child.failure { throw .step(failed.step, failed.errno) }
                throw .initFailed("it ended before it could be spoken to")
            }
            if monotonicMicroseconds() >= deadline {
                throw .initFailed(
                    "it did not listen within \(listeningMicrosecondsMax / 1_000_000) s")
            }
        }
    }

    /// init and all that it starts can be chosen when memory is short, whatever protection a service
    /// manager gave us: proc_pid_oom_score_adj(5).
    private static func makeKillable(_ pid: Int32) {
        guard let own = try? readFile("/proc/self/oom_score_adj"),
            own.utf8.first == UInt8(ascii: "-")
        else { return }
        // Raising it is allowed to everybody.
        try? open("/proc/\(pid)/oom_score_adj", .writeOnly).writeAll("0")
    }

    private func killInit() {
        // Both fail only where it is gone.
        try? process.signal(.SIGKILL)
        _ = try? process.wait()
    }

    /// Gives init what it keeps for life, or replaces what of it can be replaced.
    ///
    /// - Parameter lease: nil where init has it.
    func hold(
        capabilities: [String], lease: borrowing IDRangeLease
    ) throws(LaunchError) {
        let bits = try refusing { () throws(InvalidValue) in
            try CapabilitySet(named: capabilities).bits
        }
        try hold(bits, leaseNumber: lease.number)
    }

    /// Lets its workloads log so much from now on.
    public func updateLogRate(_ rate: LogRate) throws(LaunchError) {
        if rate == logRate { return }
        logRate = rate
        try renewHold()
    }

    /// Gives init a new way to the journal. It keeps what it has of all else.
    func renewHold() throws(LaunchError) { try hold(0, leaseNumber: nil) }

    private func hold(_ capabilities: UInt64, leaseNumber: CInt?) throws(LaunchError) {
        var kinds: HoldDescriptors = []
        var passed: [CInt] = []
        if let leaseNumber {
            kinds.insert(.lease)
            passed.append(leaseNumber)
        }
        let budget = LogBudget(logRate)
        // Without a journal what is written is written nowhere; the sandbox can live with that.
        guard let journal = try? DatagramSocket(connectingTo: journalSocket) else {
            return try send(.hold(budget, capabilities: capabilities, kinds), with: passed)
        }
        kinds.insert(.journal)
        passed.append(journal.descriptor.number)
        try send(.hold(budget, capabilities: capabilities, kinds), with: passed)
    }

    func send(_ message: InitMessage, with passed: [CInt] = []) throws(LaunchError) {
        if control == nil { throw .initFailed("it does not listen any more") }
        do throws(SystemCallError) {
            try control?.send(message.encoded(), with: passed)
        } catch {
            switch error.errno {
            case .EAGAIN: throw .initFailed("it does not take its messages")
            case .EPIPE, .ECONNRESET: throw .initFailed("it does not listen any more")
            default: throw .failed(error)
            }
        }
    }
}

/// The longest that init may take to listen: mounts under emulation, on a machine that is out of
/// memory.
private let listeningMicrosecondsMax: Int64 = 20_000_000

/// How long a launch that failed waits for its cgroup to be gone.
private let clearingMillisecondsMax: Int64 = 5_000

extension LogBudget {
    /// In the bounds that init has.
    init(_ rate: LogRate) {
        func bounded(_ number: UInt32) -> UInt32 { min(max(number, 1), 1_000_000) }
        guard
            let budget = LogBudget(
                linesPerSecond: bounded(rate.linesPerSecond), burst: bounded(rate.burst))
        else { fatalError("these bounds are init's own") }
        self = budget
    }
}
