public import Cgroups
internal import Control
internal import Mounts
internal import Namespaces
public import Plan
internal import Seccomp
public import Syscalls

/// One supervised sandbox as its supervisor holds it: its init, the way to talk to that, and its
/// cgroup.
///
/// The sandbox outlives this value, and the process that has it: to end it, call `end`. Whoever comes
/// next takes it over with `adopt`.
public final class LiveSandbox {
    public let record: SandboxRecord
    let cgroup: ProjectCgroup
    let directory: SandboxDirectory
    let profiles: ProfileStore
    let journalSocket: String
    public internal(set) var logRate: LogRate
    /// Whether what the filters of new runs refuse is logged by the kernel.
    public var logsDenials = false
    /// What the project says of each process's descriptors.
    var openFiles: UInt32?
    let process: ProcessHandle
    /// Nil once the connection is at its end.
    var control: PacketSocket?
    private var exit: ProcessExit?
    /// Of those runs that were started, or were told of when this was made.
    var runs: [RunID: LiveRun] = [:]
    /// Filters are what their profiles were when they were first needed.
    var filters: [String: SeccompProgram] = [:]
    /// Processes that died of SIGKILL and were no run's first, as init told it, by run.
    var casualties: [RunID: [Casualty]] = [:]
    /// The end of what runs wrote that have ended, as init told it.
    var lastWords: [RunID: [UInt8]] = [:]

    init(
        _ record: SandboxRecord, cgroup: ProjectCgroup, directory: SandboxDirectory,
        process: consuming ProcessHandle, control: consuming PacketSocket,
        _ resources: LaunchResources, logRate: LogRate
    ) {
        self.record = record
        self.cgroup = cgroup
        self.directory = directory
        self.process = process
        self.control = consume control
        self.logRate = logRate
        profiles = resources.profiles
        journalSocket = resources.journalSocket
    }

    public var project: ProjectName { record.project }

    /// The connection to init, readable when it has something to say; nil once it is at its end.
    public var controlDescriptor: CInt? { control?.descriptor.number }

    /// The pidfd of init, readable when it has ended.
    public var initDescriptor: CInt { process.descriptor.number }

    /// What of its limits is not in force, because that was allowed.
    public var unenforced: [UnenforcedLimit] { cgroup.unenforced }

    /// How init ended: nil while it runs, and where it is not our child, so that nobody told us.
    /// Reaps it.
    public func initExit() -> ProcessExit? {
        _ = isReaped()
        return exit
    }

    /// Whether init runs.
    public var isAlive: Bool {
        var entries = [PollEntry(initDescriptor, .readable)]
        // Fails only for want of memory; then it is asked again.
        guard (try? poll(&entries, timeoutMilliseconds: 0)) != nil else { return true }
        return entries[0].occurred.isEmpty
    }

    /// A TCP socket in the sandbox's network, for a probe.
    public func loopbackSocket(
        _ family: LoopbackSocket.Family = .four
    ) throws(SystemCallError) -> LoopbackSocket {
        try LoopbackSocket(family, inNetworkOf: initDescriptor)
    }

    /// What is at a path as the sandbox sees it, for a probe.
    public func status(of path: String) throws(SystemCallError) -> FileStatus {
        try ProcessRoot(of: process).status(of: path)
    }

    // MARK: Ending

    /// Kills everything in it and takes it away, waiting at most so long.
    ///
    /// - Returns: whether nothing is left of it; if not, processes are still ending: to be called again.
    public func end(withinMilliseconds limit: Int64 = 0) throws(LaunchError) -> Bool {
        let deadline = monotonicMicroseconds() + limit * 1_000
        var pause: Int64 = 0
        while try !endStep() {
            if monotonicMicroseconds() >= deadline { return false }
            sleep(milliseconds: pause)
            pause = min(pause + 1, 20)
        }
        control = nil
        _ = try system { () throws(SystemCallError) in try directory.remove() }
        return true
    }

    private func endStep() throws(LaunchError) -> Bool {
        // Should it have been moved out of its cgroup, it ends all the same, and with it the kernel ends
        // everything in its pid namespace: pid_namespaces(7).
        try? process.signal(.SIGKILL)
        let isGone = try refusing { () throws(CgroupError) in try cgroup.end() }
        return isReaped() && isGone
    }

    /// Reaps init if it has ended; false: it has not.
    private func isReaped() -> Bool {
        if exit != nil { return true }
        do {
            exit = try process.reap()
            return exit != nil
        } catch {
            // ECHILD: another supervisor's child, and now of somebody who reaps.
            return !isAlive
        }
    }

    /// What was found of a sandbox that nobody holds.
    public enum Remains: Hashable, Sendable {
        case none, removed
        /// Killed, and still ending: to be asked again.
        case ending
    }

    /// Takes away what is left of a project's sandbox, whole or half made, by its names alone.
    ///
    /// - Parameters:
    ///   - directory: of its socket.
    ///   - cgroupParent: as in its plan.
    public static func removeRemains(
        of project: ProjectName, directory: String, cgroupParent: String?,
        withinMilliseconds limit: Int64 = 0
    ) throws(LaunchError) -> Remains {
        var remains = Remains.none
        let found = try refusing { () throws(CgroupError) in
            try ProjectCgroup.existing(project, on: CgroupHost.probe(parent: cgroupParent))
        }
        if let found {
            let isGone = try refusing { () throws(CgroupError) in
                try found.end(withinMilliseconds: limit)
            }
            if !isGone { return .ending }
            remains = .removed
        }
        let hadDirectory = try system { () throws(SystemCallError) in
            try SandboxDirectory(path: directory).remove()
        }
        return hadDirectory ? .removed : remains
    }
}

/// A run as its supervisor knows it.
struct LiveRun {
    let workload: WorkloadName
    let kind: RunRow.Kind
    /// For the words of an error, until it runs.
    var plan: WorkloadPlan?
    /// What the project's memory.events said as it began.
    var before: CgroupUsage.MemoryEvents?
    /// Of its own limits.
    var openFiles: UInt32?
    /// What its calls are filtered by; nil for one that was taken over.
    var filter: SeccompProgram?
    /// False for one that was taken over, until its limits are said.
    var isOpenFilesKnown = true

    func leaf(_ run: RunID) -> CgroupLeaf {
        kind == .service ? .service(workload) : .task(run)
    }
}
