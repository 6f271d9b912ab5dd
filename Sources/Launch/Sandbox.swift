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
                    name: plan.name, limits: plan.sandbox.limits,
                    allowUnlimited: plan.sandbox.allowUnlimited),
                on: CgroupHost.probe(parent: plan.sandbox.cgroupParent))
        }
        let memoryLog = OutOfMemoryLog()

        try faults.pass("lease an id range")
        let lease = try refusing { () throws(NamespaceError) in try IDRangeLease() }

        // From here on there is, or comes to be, a process; it waits, and goes when `child` does.
        try faults.pass("begin the namespaces")
        let early = plan.sandbox.earlySteps
        let earlyFault = faults.passChild(steps: early.count)
        var child = try namespaced { () throws(SystemCallError) in
            try LaunchedChild(
                namespaces: plan.sandbox.namespaces, cgroup: cgroup.directoryForClone,
                idMap: lease.range.mapLine, early: early, fault: earlyFault)
        }

        // While the child is being made: making its network namespace takes the longest of all.
        try faults.pass("load the seccomp profile")
        let filter = try refusing { () throws(ProfileError) in
            try resources.profiles.program(for: plan.workload.seccompProfile)
        }
        try faults.pass("open bulkhead-init")
        let executable = try resources.openInit()

        // Without a cgroup of its own the sandbox would see those of the host.
        let mounts = try PreparedMounts(
            plan.sandbox, range: lease.range, hasCgroup: cgroup.driver != .none, &faults)

        try faults.pass("make the control socket")
        let (ours, inits) = try system { () throws(SystemCallError) in try PacketSocket.pair() }
        let control = PacketSocket(FileDescriptor(owning: ours))
        let handedOver = HandedOver(
            mounts: mounts, control: FileDescriptor(owning: inits), executable: executable)
        try faults.pass("send the request to init")
        // Before there is an init: it finds the request when it first looks.
        let request = try SpawnRequest(
            plan.workload, filter: filter, window: window, lingers: cgroup.driver != .none
        ).file()
        try system { () throws(SystemCallError) in
            try control.send(
                InitMessage.spawn(run: 0, .request).encoded(), with: request.number)
        }

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
        let steps = [.dieWithParent] + handedOver.steps
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
}
