internal import Syscalls

/// The kernel: its version and the calls that a launch is made of.
enum KernelFindings {
    /// cgroup.kill came last of what a launch cannot do without.
    static let versionLeast = (5, 14)

    static func version(_ release: String?) -> Finding {
        guard let release else {
            return Finding(.missing, "kernel", "/proc is not mounted", "mount -t proc proc /proc")
        }
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else {
            return Finding(.degraded, "kernel", "of unknown version \(release)")
        }
        if (numbers[0], numbers[1]) < versionLeast {
            return Finding(
                .missing, "kernel", "\(release) lacks cgroup.kill and more",
                "boot Linux \(versionLeast.0).\(versionLeast.1) or later")
        }
        return Finding(.ok, "kernel", release)
    }

    /// What asks the kernel for one thing.
    typealias Question = () throws(SystemCallError) -> Void

    static func calls() -> [Finding] {
        let questions: [(String, Question)] = [
            ("clone3", { () throws(SystemCallError) in try Probe.child(in: []) }),
            ("pidfd_open", { () throws(SystemCallError) in try Probe.processDescriptor() }),
            (
                "openat2",
                { () throws(SystemCallError) in
                    _ = try open("/", [.path, .directory], resolve: .noMagicLinks)
                }
            ),
            ("close_range", { () throws(SystemCallError) in try Probe.closeRange() }),
            (
                "fsmount",
                { () throws(SystemCallError) in
                    _ = try DetachedMount(tmpfs: [("size", "4096")], attributes: [])
                }
            ),
            (
                "open_tree and mount_setattr",
                { () throws(SystemCallError) in
                    let root = try open("/", [.path, .directory])
                    let copy = try DetachedMount(cloning: root, path: "/")
                    try copy.set(.readOnly, path: "/")
                }
            ),
            ("keyctl", { () throws(SystemCallError) in try Probe.keyrings() }),
        ]
        return answers("system calls", questions) { errno in
            switch errno {
            case .ENOSYS: "boot a newer kernel, or let the container's seccomp filter pass it"
            case .EPERM, .EACCES: "run as root, outside of a container that forbids it"
            default: nil
            }
        }
    }

    /// One line for all that works, and one for each thing that does not.
    static func answers(
        _ subject: String, _ questions: [(String, Question)], without: Finding.Status = .missing,
        advice: (Errno) -> String?
    ) -> [Finding] {
        var working: [String] = []
        var failing: [Finding] = []
        for (name, ask) in questions {
            do throws(SystemCallError) {
                try ask()
                working.append(name)
            } catch {
                failing.append(
                    Finding(without, subject, "\(name): \(error.errno)", advice(error.errno)))
            }
        }
        if working.isEmpty { return failing }
        return [Finding(.ok, subject, working.joined(separator: ", "))] + failing
    }
}
