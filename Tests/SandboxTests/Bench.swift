import Control
import Launch
import Mounts
import Plan
import Policy
import Seccomp
import Syscalls
import Testbed
import Testing

/// A place for the sandboxes of a test: a cgroup of its own, a directory for their sockets, and one
/// for a project. What a failed test leaves in it is taken away with it.
final class Bench {
    let cgroup: String
    let driver: Driver
    let files: TemporaryDirectory
    private let mount: Directory
    private let cgroupName: String

    init(_ driver: Driver = .cgroupfs) throws {
        self.driver = driver
        let host = try CgroupMountPoint.find()
        mount = try Directory(opening: host)
        let number = try randomBytes(4).reduce(0) { $0 << 8 | UInt32($1) }
        cgroupName = "bulkhead-sandbox-tests-\(number)"
        cgroup = "\(host)/\(cgroupName)"
        if Driver.withControllers.contains(.cgroupfs) {
            // What a service with Delegate=yes would have been given.
            try mount.writeFile("cgroup.subtree_control", "+cpu +io +memory +pids")
        }
        try mount.makeDirectory(cgroupName)
        files = try TemporaryDirectory()
        let directory = try Directory(opening: files.path)
        try directory.makeDirectory("work", mode: 0o755)
        try directory.makeDirectory("run", mode: 0o700)
    }

    deinit {
        for name in ["shop", "other"] {
            guard let project = try? ProjectName(name) else { continue }
            _ = try? LiveSandbox.removeRemains(
                of: project, directory: socket(project), cgroupParent: parent,
                withinMilliseconds: 5_000)
        }
        try? mount.removeDirectory(cgroupName)
    }

    func socket(_ project: ProjectName) -> String { "\(files.path)/run/\(project)" }

    /// What a sandbox is told to work below; nil: systemd makes its cgroup.
    var parent: String? { driver == .systemd ? nil : cgroup }

    var work: String { files.path + "/work" }

    /// A project that works in this bench's directory, with no limits: this host has no controllers.
    func policy(_ name: String = "shop") throws -> ProjectPolicy {
        var policy = ProjectPolicy(name: try ProjectName(name), path: work)
        policy.limits = Limits()
        policy.allowUnlimited = true
        return policy
    }

    func resources(faultPoint: Int? = nil) -> LaunchResources {
        LaunchResources(
            initCandidates: ["release", "debug"].map { "\(checkout)/out/\($0)/bulkhead-init" }
                + installed.initCandidates,
            profiles: ProfileStore(
                directories: ["\(checkout)/profiles"] + installed.profileCandidates,
                cacheDirectory: nil),
            faultPoint: faultPoint, journalSocket: files.path + "/journal")
    }

    func launch(
        _ policy: ProjectPolicy, faultPoint: Int? = nil,
        willLaunch: (SandboxRecord) throws(LaunchError) -> Void = { _ throws(LaunchError) in }
    ) throws -> LiveSandbox {
        let host = try HostLayout.read(root: nil, home: nil)
        let made = try LiveSandbox.launch(
            policy.name, SandboxPlan(policy, on: host, cgroupParent: parent),
            resources(faultPoint: faultPoint), logRate: policy.logRate,
            directory: socket(policy.name), willLaunch: willLaunch)
        // Another may have been where this one is now.
        unread[ObjectIdentifier(made)] = []
        return made
    }

    func adopt(_ record: SandboxRecord, runs: [RunRow] = []) throws(LaunchError) -> LiveSandbox {
        let adopted = try LiveSandbox.adopt(
            record, resources(), logRate: .standard, directory: socket(record.project),
            cgroupParent: parent, runs: runs)
        unread[ObjectIdentifier(adopted)] = []
        return adopted
    }

    /// Names of the cgroups in this bench's, and of the sockets' directories.
    func left() throws -> [String] {
        let below = try Directory(opening: cgroup)
        let cgroups = try below.names().filter {
            // A control file may go while it is looked at.
            (try? FileStatus(at: below.number, path: $0))?.kind == .directory
        }
        let units = ["shop", "other"].map { "/sys/fs/cgroup/bulkhead.slice/bulkhead-\($0).slice" }
            .filter { (try? FileStatus(path: $0)) != nil }
        return cgroups + units + (try Directory(opening: files.path + "/run").names())
    }
}

/// How the cgroups of a test are made.
enum Driver {
    case cgroupfs, systemd

    /// Those by which limits can be set here.
    static var withControllers: [Driver] {
        let controllers = (try? readFile("/sys/fs/cgroup/cgroup.controllers")) ?? ""
        guard controllers.contains("memory") else { return [] }
        // Beside systemd the root's controllers are systemd's: it takes back what it does not need.
        return (try? FileStatus(path: "/run/systemd/system")) == nil ? [.cgroupfs] : [.systemd]
    }
}

private enum CgroupMountPoint {
    static func find() throws -> String {
        for path in ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"] {
            // CGROUP2_SUPER_MAGIC, linux/magic.h.
            if let found = try? open(path, .directory), try found.fileSystemType() == 0x6367_7270 {
                return path
            }
        }
        throw SystemCallError("find", on: "cgroup2", .ENOENT)
    }
}

/// In the test machine there is no checkout, but what scripts/install puts there.
private let installed = Installation(executable: "/usr/bin/bulkhead")

/// The top of this checkout.
private let checkout: String = {
    var path = #filePath[...]
    for _ in 0..<3 { path = path[..<(path.lastIndex(of: "/") ?? path.startIndex)] }
    return String(path)
}()

/// Every test of this target, one after the other: they look at what is left on this host.
@Suite(.serialized) enum SandboxTests {}

/// What came behind that which was waited for.
nonisolated(unsafe) private var unread: [ObjectIdentifier: [SandboxEvent]] = [:]

extension LiveSandbox {
    /// Starts a shell's command.
    func start(
        _ number: UInt64, _ script: String, _ policy: ProjectPolicy,
        kind: RunRow.Kind = .exec, _ streams: RunStreams = .discarded,
        _ change: (inout CommandOrder) -> Void = { _ in }
    ) throws {
        var order = CommandOrder(["sh", "-c", script])
        change(&order)
        try spawn(
            RunID(rawValue: number), WorkloadName("w\(number)"), kind,
            WorkloadPlan(order, in: policy), streams)
    }

    /// Waits until `found` has found what it looks for among the events.
    func wait<Found>(
        for found: (SandboxEvent) -> Found?, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Found {
        for _ in 0..<1_000 {
            unread[ObjectIdentifier(self), default: []] += try receive()
            while let event = unread[ObjectIdentifier(self)]?.first {
                unread[ObjectIdentifier(self)]?.removeFirst()
                if let result = found(event) {
                    // What came before it is passed over, what came after it is for the next.
                    return result
                }
            }
            let number = try #require(
                controlDescriptor, "init has gone", sourceLocation: sourceLocation)
            var entries = [PollEntry(number, .readable)]
            try poll(&entries, timeoutMilliseconds: 120_000)
            try #require(
                !entries[0].occurred.isEmpty, "init says nothing", sourceLocation: sourceLocation)
        }
        throw SystemCallError("wait", on: "an event", .ETIMEDOUT)
    }

    func waitForEnd(_ number: UInt64) throws -> RunEnd {
        try wait { event in
            if case .ended(RunID(rawValue: number), let end) = event { return end }
            return nil
        }
    }

    func waitForStart(_ number: UInt64) throws -> Int32 {
        try wait { event in
            if case .started(RunID(rawValue: number), let pid, _) = event { return pid }
            return nil
        }
    }
}
