internal import Plan
internal import Syscalls

/// One cgroup, held by a descriptor of its directory, so that its name cannot come to mean another.
struct CgroupDirectory: ~Copyable, Sendable {
    let directory: Directory
    /// Where it is, for the operator.
    let path: String

    init(_ directory: consuming Directory, path: String) {
        self.directory = directory
        self.path = path
    }

    /// The content of a control file, nil where it is absent or the cgroup is gone.
    func read(_ file: String) -> String? {
        try? directory.readFile(file)
    }

    /// Sets one limit. Throws `limitUnknown` where the kernel has no such file.
    func apply(_ write: ControlWrite) throws(CgroupError) {
        // A write of nothing would not reach the kernel.
        let text = write.value.isEmpty ? "\n" : write.value
        do throws(SystemCallError) { try directory.writeFile(write.file, text) } catch {
            switch error.errno {
            case .ENOENT: throw .limitUnknown(file: write.file, value: write.value)
            case .ENOSPC where write == .allProcessors: try allowAllProcessors()
            default:
                throw .limitRefused(file: write.file, value: write.value, errno: error.errno)
            }
        }
    }

    /// In place of none, which the kernel does not take of a cgroup that processes are in: all that the
    /// cgroup above may use (validate_change of kernel/cgroup/cpuset.c).
    private func allowAllProcessors() throws(CgroupError) {
        let all = processorsAbove() ?? ""
        do throws(SystemCallError) { try directory.writeFile("cpuset.cpus", all) } catch {
            throw .limitRefused(file: "cpuset.cpus", value: all, errno: error.errno)
        }
    }

    /// What the cgroup above may use, nil where that is not known: `0-3`.
    func processorsAbove() -> String? {
        guard let above = try? Directory(opening: "..", at: directory.number, resolve: .noSymlinks),
            let line = (try? above.readFile("cpuset.cpus.effective"))?.split(separator: "\n").first
        else { return nil }
        return String(line)
    }

    /// Whether a process lives in it or below it; false where the cgroup is gone.
    var isPopulated: Bool {
        read("cgroup.events")?.split(separator: "\n").contains("populated 1") ?? false
    }

    /// Kills every process in it and below it, none of which can escape by forking. What cannot be
    /// done, because the cgroup is gone or the kernel is older than 5.14, shows when it is removed.
    func kill() {
        try? directory.writeFile("cgroup.kill", "1")
    }

    func usage() -> CgroupUsage { CgroupUsage { read($0) } }

    /// What its control files say, those that exist and say more than the kernel's default.
    func limitsInForce() -> [LimitInForce] {
        limitFiles.compactMap { file in
            guard let text = read(file) else { return nil }
            let lines = text.split(separator: "\n")
            return lines.isEmpty
                ? nil : LimitInForce(file: file, value: lines.joined(separator: "; "))
        }
    }

    /// Removes what is below it, deepest first; a cgroup with processes stays.
    func removeChildren() {
        Self.removeChildren(of: directory, depth: 0)
    }

    private static func removeChildren(of directory: borrowing Directory, depth: Int) {
        // What cannot be listed or removed keeps its parent from being removed, and that is reported.
        guard depth < depthMax, let names = try? directory.names() else { return }
        for name in names {
            // Control files are no directories, and are passed over here.
            guard
                let child = try? Directory(opening: name, at: directory.number, resolve: childOnly)
            else { continue }
            removeChildren(of: child, depth: depth + 1)
            try? directory.removeDirectory(name)
        }
    }
}

/// No sandbox nests deeper; the bound keeps a hostile tree from exhausting our descriptors.
private let depthMax = 64

private let childOnly: ResolveFlags = [.beneath, .noSymlinks, .noCrossDevice]

private let limitFiles = [
    "memory.max", "memory.high", "memory.low", "memory.min", "memory.swap.max", "cpu.max",
    "cpu.max.burst", "cpu.weight", "cpuset.cpus", "pids.max", "io.weight", "io.max",
]
