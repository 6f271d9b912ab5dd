internal import Cgroups
internal import Configuration
internal import JSONTree
internal import Journal
internal import Launch
internal import Ledger
internal import Mounts
internal import Plan
internal import Policy
internal import Seccomp
internal import Supervision
internal import Syscalls
internal import Volumes

/// What the supervisor needs of this host, and how it puts it into plans.
struct HostServices {
    let options: DaemonOptions
    let installation: Installation
    let resources: LaunchResources
    let capacity: MachineCapacity
    /// Ours, as names and values: what overrides the configuration.
    let environment: [(String, String)]
    /// Where the kernel says how the whole machine stalls; tests say it elsewhere.
    let pressureDirectory: String
    /// Where it counts what it does for want of memory.
    private let memoryCountersPath: String
    /// What the cgroup that all projects share counts, where there is one.
    private let commonEventsPath: String?
    /// The journal namespace that our unit is in, where it is in one of its own: `LogNamespace=` of
    /// systemd.exec(5).
    let journalNamespace: String?
    /// The cgroup that all projects share.
    let commonPath: String?

    init(_ options: DaemonOptions) throws {
        self.options = options
        installation = Installation(executable: try linkTarget("/proc/self/exe"))
        resources = LaunchResources(
            initCandidates: installation.initCandidates,
            profiles: ProfileStore(
                directories: ["/etc/bulkhead/profiles"] + installation.profileCandidates,
                cacheDirectory: "/var/cache/bulkhead/seccomp"),
            faultPoint: environmentVariable("BULKHEAD_FAULT").flatMap { Int($0) })
        capacity = try MachineCapacity.read()
        environment = environmentVariables()
        journalNamespace = (try? readFile("/proc/self/mountinfo")).flatMap(
            Self.journalNamespace(mounts:))
        let pretended = environmentVariable("BULKHEAD_PRESSURE")
        pressureDirectory = pretended ?? "/proc/pressure"
        memoryCountersPath = pretended.map { "\($0)/vmstat" } ?? "/proc/vmstat"
        // Where there is none, the machine's own counters have to do.
        let common = try? CgroupHost.probe(parent: options.cgroupParent).commonPath
        commonPath = common
        commonEventsPath = common.map { "\($0)/memory.events.local" }
    }

    /// systemd mounts the namespace's directory, /run/systemd/journal.NAME, over the one that programs know:
    /// proc(5), /proc/pid/mountinfo.
    static func journalNamespace(mounts: String) -> String? {
        let (place, prefix) = ("/run/systemd/journal", "journal.")
        var found: String?
        for line in mounts.utf8.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            guard fields.count == 6, fields[4].elementsEqual(place.utf8),
                let name = fields[3].split(separator: UInt8(ascii: "/")).last,
                name.starts(with: prefix.utf8)
            else { continue }
            found = String(decoding: Array(name.dropFirst(prefix.utf8.count)), as: UTF8.self)
        }
        return found
    }

    /// Grows as long as there is too little memory for all projects together: pages that the kernel looked
    /// through for the whole machine's sake (proc_vmstat(5); what cgroups do at limits of their own is not in
    /// it), and how often the projects' common limit was met.
    func shortageCount() -> UInt64 {
        func sum(_ path: String, _ keys: [Substring]) -> UInt64 {
            guard let counters = (try? readFile(path)).map(flatKeyed) else { return 0 }
            return keys.reduce(0) { $0 &+ (counters[$1] ?? 0) }
        }
        let ofMachine = sum(memoryCountersPath, ["pgscan_direct", "pgscan_kswapd"])
        return ofMachine &+ (commonEventsPath.map { sum($0, ["high", "max"]) } ?? 0)
    }

    // MARK: Plans

    /// The host is looked at each time: what belongs to /usr may change with an upgrade.
    func sandboxPlan(
        for policy: ProjectPolicy, _ volume: ProjectVolume? = nil
    ) throws -> SandboxPlan {
        let layout = try HostLayout.read(root: policy.root, home: nil)
        return try SandboxPlan(
            policy, on: layout, cgroupParent: options.cgroupParent,
            directory: volume?.mountSource)
    }

    // MARK: Files

    /// Puts a file of the configuration in its place, or takes it away: whole or not at all.
    func replace(_ file: PendingFile, in directory: borrowing Directory) throws(SystemCallError) {
        guard let content = file.content else {
            // One that an earlier try removed is to be gone for good too; where its directory is
            // missing there is nothing.
            do { try directory.removeFile(file.name) } catch  where error.errno == .ENOENT {}
            do { try directory.synchronizeNames(beside: file.name) } catch
                where error.errno == .ENOENT
            {}
            return
        }
        try makeParent(of: file, in: directory)
        try directory.replaceFile(file.name, with: content, mode: 0o644)
    }

    /// Refuses what `replace` would refuse for want of room or rights. Nothing is changed by it, even if
    /// we die in it.
    func tryToReplace(
        _ file: PendingFile, in directory: borrowing Directory
    ) throws(SystemCallError) {
        try makeParent(of: file, in: directory)
        let parent = file.name.utf8.firstIndex(of: UInt8(ascii: "/")).map { file.name[..<$0] }
        do {
            let made = try open(
                parent.map(String.init) ?? ".", at: directory.number, [.writeOnly, .unnamed],
                mode: 0o600)
            try made.writeAll(file.content ?? [])
        } catch  where error.errno == .EOPNOTSUPP {
            // A file system without unnamed files: it will be seen.
        }
    }

    private func makeParent(
        of file: PendingFile, in directory: borrowing Directory
    ) throws(SystemCallError) {
        guard let slash = file.name.utf8.firstIndex(of: UInt8(ascii: "/")) else { return }
        let parent = String(file.name[..<slash])
        do {
            try directory.makeDirectory(parent, mode: 0o755)
            try directory.synchronizeNames(beside: parent)
        } catch  where error.errno == .EEXIST {}
    }

    /// A project that is registered has a directory.
    func checkProjectDirectory(_ path: String) throws {
        let kind: FileStatus.Kind
        do throws(SystemCallError) {
            kind = try open(path, [.path], resolve: .noMagicLinks).status().kind
        } catch {
            throw InvalidValue(
                "path", path, "cannot be opened: \(error.errno)",
                hint: "make it first: mkdir -p \(path)")
        }
        if kind != .directory {
            throw InvalidValue(
                "path", path, "is no directory", hint: "name the project's directory")
        }
    }

    func logReader() throws -> String {
        try installed("bulkhead-logs", installation.logReaderCandidates)
    }

    func auditReader() throws -> String {
        try installed("bulkhead-audit", installation.auditReaderCandidates)
    }

    /// Whether this machine has a journald, running or not: systemd keeps its socket while it is down.
    var hasJournal: Bool { (try? open(SupervisorJournal.standardPath, .path)) != nil }

    func client() throws -> String { try installed("bulkhead", installation.clientCandidates) }

    func storageHelper() throws -> String {
        try installed("bulkhead-storage", installation.storageHelperCandidates)
    }

    /// Where a program of ours is.
    private func installed(_ name: String, _ candidates: [String]) throws -> String {
        for path in candidates where (try? open(path, .path)) != nil { return path }
        throw Failure.failed(
            "\(name) is not installed",
            hint: "looked for \(candidates.first ?? "it"); use scripts/install")
    }

    /// Projects with a directory for a sandbox's socket, whoever made it.
    func projectsWithRemains() -> [ProjectName] {
        guard let directory = try? Directory(opening: options.sandboxes, resolve: .noSymlinks),
            let names = try? directory.names()
        else { return [] }
        return names.sorted().compactMap { try? ProjectName($0) }
    }

    func hasProcess(_ pid: Int32) -> Bool { (try? open("/proc/\(pid)", .path)) != nil }

    // MARK: Texts

    /// One line of what went wrong, whatever threw it.
    func text(_ error: any Error) -> String {
        switch error {
        case let failure as Failure: failure.line
        case let error as any Diagnosable:
            error.hint.map { "\(error.message) (hint: \($0))" } ?? error.message
        default: "\(error)"
        }
    }

    /// The same as an error that can be reported.
    func diagnosis(of error: any Error) -> any Diagnosable {
        error as? any Diagnosable ?? Complaint(message: text(error))
    }

    private struct Complaint: Diagnosable {
        let message: String
    }
}
