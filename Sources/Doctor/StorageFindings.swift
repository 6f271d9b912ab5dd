internal import Syscalls

/// The file systems in use: whether their owners can be mapped, and their space be limited.
struct StorageFindings {
    let table: MountTable
    /// Nil where it is gone.
    let currentDirectory: String?

    /// What holds no files of anybody's, though the current directory may be there.
    private static let kernels = [
        "proc", "sysfs", "cgroup", "cgroup2", "devtmpfs", "devpts", "securityfs", "debugfs",
        "tracefs", "bpf", "mqueue", "autofs",
    ]

    /// The mounts that projects usually live on, each once, with the places that lie on it.
    var inUse: [(entry: MountTable.Entry, places: [String])] {
        var result: [(entry: MountTable.Entry, places: [String])] = []
        let usual = ["/", "/home", "/srv", "/tmp", "/var"]
        for place in usual + (currentDirectory.map { [$0] } ?? []) {
            guard let entry = table.entry(holding: place), !Self.kernels.contains(entry.type)
            else { continue }
            if let index = result.firstIndex(where: { $0.entry == entry }) {
                if !result[index].places.contains(place) { result[index].places.append(place) }
            } else {
                result.append((entry, [place]))
            }
        }
        return result
    }

    func all() -> [Finding] {
        var findings: [Finding] = []
        for (entry, places) in inUse {
            let name = "\(entry.point) (\(entry.type))"
            let holdsCurrent = currentDirectory.map(places.contains) ?? false
            let probe =
                if let currentDirectory, holdsCurrent, currentDirectory != "/" {
                    // A run shows the sandbox all that is mounted below its working directory too.
                    Self.mapOwners(of: currentDirectory, recursively: true)
                } else {
                    Self.mapOwners(of: places[0], recursively: false)
                }
            findings.append(Self.ownerMapping(name, probe: probe, needed: holdsCurrent))
            if let quota = Self.quota(name, entry, counted: Self.quotaIsCounted(at: places[0])) {
                findings.append(quota)
            }
        }
        return findings
    }

    /// Nil where it works.
    static func mapOwners(of path: String, recursively: Bool) -> SystemCallError? {
        do throws(SystemCallError) {
            let directory = try open(path, [.path, .directory])
            let holder = try spawnIDHolder()
            do throws(SystemCallError) {
                try IDMap.write(for: holder.pid)
                let namespace = try open("/proc/\(holder.pid)/ns/user")
                try Probe.ownerMapping(
                    on: directory, through: namespace.number, recursively: recursively)
            } catch {
                holder.killAndReap()
                return error
            }
            holder.killAndReap()
            return nil
        } catch {
            return error
        }
    }

    static func ownerMapping(
        _ name: String, probe: SystemCallError?, needed: Bool
    ) -> Finding {
        let subject = "owner mapping"
        guard let probe else { return Finding(.ok, subject, name) }
        return Finding(
            needed ? .missing : .degraded, subject,
            "\(name), or a mount below it: \(probe.call): \(probe.errno)",
            probe.errno == .EINVAL
                ? "keep projects on ext4, xfs or btrfs, or boot a newer kernel" : nil)
    }

    static func quotaIsCounted(at path: String) -> Bool {
        // Whatever the reason, no quota is counted that could be asked for.
        guard let directory = try? open(path, .directory) else { return false }
        do throws(SystemCallError) {
            try Probe.projectQuota(on: directory)
            return true
        } catch {
            return false
        }
    }

    /// Nil for what is in memory, where the size of the file system is itself the limit.
    static func quota(_ name: String, _ entry: MountTable.Entry, counted: Bool) -> Finding? {
        let subject = "disk quota"
        let isEnforced = entry.options.contains { $0 == "prjquota" || $0 == "pquota" }
        if entry.type == "tmpfs" || entry.type == "ramfs" { return nil }
        if counted, isEnforced { return Finding(.ok, subject, "\(name): project quota") }
        let without = "\(name): no project quota, so a disk limit needs an image or tmpfs"
        switch entry.type {
        case "ext4":
            return Finding(
                .degraded, subject, without,
                counted
                    ? "mount it with the option prjquota"
                    : "unmounted: tune2fs -O project,quota -Q prjquota \(entry.source); then mount it with prjquota"
            )
        case "xfs": return Finding(.degraded, subject, without, "mount it with the option prjquota")
        default: return Finding(.degraded, subject, without)
        }
    }
}

/// The map that stands for a sandbox's where only the kernel's consent is asked for.
enum IDMap {
    static func write(for pid: Int32) throws(SystemCallError) {
        let directory = try Directory(opening: "/proc/\(pid)")
        try directory.writeFile("uid_map", "0 1879048192 65536\n")
        try directory.writeFile("gid_map", "0 1879048192 65536\n")
    }
}
