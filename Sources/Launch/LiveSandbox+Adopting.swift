internal import Cgroups
internal import Control
public import Plan
internal import Syscalls

extension LiveSandbox {
    /// Takes over the sandbox of a record after making sure that it is that one, and asks init for all
    /// that it knows. Throws `notAdopted` where it is another or none.
    ///
    /// - Parameters:
    ///   - plan: for what is made new: the way to the journal.
    ///   - runs: those that may be in it.
    public static func adopt(
        _ record: SandboxRecord, _ resources: LaunchResources, logRate: LogRate,
        directory: String, cgroupParent: String?, runs: [RunRow]
    ) throws(LaunchError) -> LiveSandbox {
        func refuse(_ reason: String) -> LaunchError { .notAdopted(record.project, reason: reason) }
        if record.pid <= 0 { throw refuse("its launch did not come to its end") }
        if try bootID() != record.boot { throw refuse("the machine was started anew since") }
        let process: ProcessHandle
        do { process = try ProcessHandle(opening: record.pid) } catch {
            throw refuse("its init, process \(record.pid), is gone")
        }
        // After the pidfd is ours the number cannot come to mean another process any more.
        guard let started = try? startTime(ofProcess: record.pid), started == record.startTime
        else {
            throw refuse("process \(record.pid) is another one than its init")
        }
        let found = try refusing { () throws(CgroupError) in
            try ProjectCgroup.existing(
                record.project, on: CgroupHost.probe(parent: cgroupParent))
        }
        guard let cgroup = found, cgroup.path == record.cgroup else {
            throw refuse("its cgroup \(quoted(record.cgroup)) is gone")
        }
        if !cgroup.holds(pid: record.pid, in: .initial) {
            throw refuse("its init, process \(record.pid), is not in its cgroup")
        }
        let home = SandboxDirectory(path: directory)
        let control = try connect(home, to: record)
        let sandbox = LiveSandbox(
            record, cgroup: cgroup, directory: home, process: process, control: control,
            resources, logRate: logRate)
        for run in runs {
            sandbox.runs[run.id] = LiveRun(
                workload: run.workload, kind: run.kind, isOpenFilesKnown: false)
        }
        try sandbox.renewHold()
        try sandbox.requestReport()
        return sandbox
    }

    private static func connect(
        _ home: SandboxDirectory, to record: SandboxRecord
    ) throws(LaunchError) -> PacketSocket {
        do throws(SystemCallError) {
            let control = try home.connect()
            let peer = try PeerCredentials(of: control.descriptor)
            if peer.pid == record.pid { return control }
            throw SystemCallError("connect", on: "process \(peer.pid)", .ECONNREFUSED)
        } catch {
            throw .notAdopted(record.project, reason: "its init cannot be spoken to: \(error)")
        }
    }

    /// Connects again after `disconnected`, where init lives, and asks for a report.
    public func reconnect() throws(LaunchError) {
        control = nil
        control = try Self.connect(directory, to: record)
        try renewHold()
        try requestReport()
    }
}

/// The kernel's name for the time since the machine was started: random(4).
func bootID() throws(LaunchError) -> String {
    let text = try system { () throws(SystemCallError) in
        try readFile("/proc/sys/kernel/random/boot_id")
    }
    return String(text.prefix { $0 != "\n" })
}

/// When a process started, in clock ticks since the machine did: field 22 of proc_pid_stat(5).
func startTime(ofProcess pid: Int32) throws(LaunchError) -> UInt64 {
    let text = try system { () throws(SystemCallError) in try readFile("/proc/\(pid)/stat") }
    // The name in parentheses may have anything in it, parentheses too; what follows has not.
    guard let close = text.utf8.lastIndex(of: UInt8(ascii: ")")) else { throw .noStartTime(pid) }
    let fields = text[text.utf8.index(after: close)...].split(separator: " ")
    // The first of these is field 3.
    guard fields.count > 19, let value = UInt64(fields[19]) else { throw .noStartTime(pid) }
    return value
}

extension LaunchError {
    fileprivate static func noStartTime(_ pid: Int32) -> LaunchError {
        .failed(SystemCallError("read", on: "/proc/\(pid)/stat", .EINVAL))
    }
}
