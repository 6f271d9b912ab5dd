internal import Cgroups
internal import Plan
internal import Syscalls

/// What can be limited and measured here. `CgroupHost` answers for `bulkhead run` too, so the two
/// never disagree.
enum CgroupFindings {
    static func all(_ files: HostFiles) -> [Finding] {
        do throws(CgroupError) {
            let host = try CgroupHost.probe(parent: nil)
            var findings = [place(host)]
            // Without a place for a cgroup, what is missing in it is no news.
            if host.obstacle != nil { return findings }
            findings += controllers(host.controllers, missing: host.missingControllers())
            findings += features(host, files)
            return findings
        } catch {
            return [Finding(.missing, "cgroups", error.message, error.hint)]
        }
    }

    static func place(_ host: CgroupHost) -> Finding {
        if let obstacle = host.obstacle {
            return Finding(
                .missing, "cgroups", obstacle.message, obstacle.hint, liftedByAllowUnlimited: true)
        }
        let parent = host.parentPath.map { " below \($0)" } ?? ""
        return Finding(
            .ok, "cgroups", "\(host.hierarchy.rawValue), made by \(host.driver.rawValue)\(parent)")
    }

    /// Limits that every run has unless it lifts them need the first three.
    private static let needed: Set<Controller> = [.cpu, .memory, .pids]

    static func controllers(_ present: Set<Controller>, missing: [MissingController]) -> [Finding] {
        let subject = "controllers"
        var findings: [Finding] = []
        if !present.isEmpty {
            let names = present.sorted().map(\.rawValue).joined(separator: ", ")
            findings.append(Finding(.ok, subject, names))
        }
        return findings
            + missing.map {
                Finding(
                    needed.contains($0.controller) ? .missing : .degraded, subject, $0.message,
                    $0.hint, liftedByAllowUnlimited: true)
            }
    }

    /// Files that only a cgroup below the root has, so one is made for a moment where it is ours to
    /// make; below systemd, its own tell.
    static func features(_ host: CgroupHost, _ files: HostFiles) -> [Finding] {
        guard let parentPath = host.parentPath else { return [] }
        if host.driver == .systemd {
            guard let mountPoint = host.mountPoint else { return [] }
            return features(
                of: "\(mountPoint)/init.scope", controllers: host.controllers, files, entered: nil)
        }
        do throws(SystemCallError) {
            let parent = try Directory(opening: parentPath)
            let name = "bulkhead-doctor-\(currentProcessID())"
            try parent.makeDirectory(name)
            defer {
                // Nothing is in it: the child that was has ended and been reaped.
                try? parent.removeDirectory(name)
            }
            let path = "\(parentPath)/\(name)"
            return features(
                of: path, controllers: host.controllers, files, entered: try enter(path))
        } catch {
            return [
                Finding(
                    .missing, "cgroup", "none can be made: \(error)",
                    "mount the cgroup2 file system writable, and run as root")
            ]
        }
    }

    /// - Returns: why no child could be created in it, nil where one could.
    private static func enter(_ path: String) throws(SystemCallError) -> Errno? {
        let cgroup = try open(path, .directory)
        do throws(SystemCallError) {
            try Probe.child(in: [], cgroup: cgroup.number)
            return nil
        } catch {
            return error.errno
        }
    }

    private static func features(
        of cgroup: String, controllers: Set<Controller>, _ files: HostFiles, entered: Errno?
    ) -> [Finding] {
        let has = { (file: String) -> Bool in files.kind("\(cgroup)/\(file)") != nil }
        var findings: [Finding] = []
        if let entered {
            findings.append(
                Finding(
                    .missing, "cgroup",
                    "no child can be created in one (CLONE_INTO_CGROUP): \(entered)"
                ))
        }
        if !has("cgroup.kill") {
            findings.append(
                Finding(.missing, "cgroup", "no cgroup.kill", "boot Linux 5.14 or later"))
        }
        // Files of a controller appear only where its parent passes it on, which below systemd it
        // does for the memory of every unit, and in ours for no cgroup that is there for a moment.
        let passesMemory = has("memory.max")
        if controllers.contains(.memory), passesMemory, !has("memory.peak") {
            findings.append(
                Finding(
                    .degraded, "cgroup", "no memory.peak: how much a run used is not recorded",
                    "boot Linux 5.19 or later"))
        }
        if controllers.contains(.memory), passesMemory, !has("memory.swap.max"), usesSwap(files) {
            findings.append(
                Finding(
                    .missing, "cgroup", "no memory.swap.max: swap cannot be limited",
                    "boot with swapaccount=1, or switch swap off: swapoff -a"))
        }
        if findings.isEmpty {
            findings.append(Finding(.ok, "cgroup", "can be made, entered and killed"))
        }
        return findings
    }

    /// proc_swaps(5): a heading, then one line for each swap area.
    private static func usesSwap(_ files: HostFiles) -> Bool {
        (files.text("/proc/swaps") ?? "").split(separator: "\n").count > 1
    }
}
