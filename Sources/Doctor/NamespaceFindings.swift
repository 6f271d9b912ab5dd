internal import Syscalls

/// The namespaces of a sandbox, and what it mounts in them.
enum NamespaceFindings {
    /// How namespaces(7) calls each, and its limit below /proc/sys/user.
    private static let kinds: [(name: String, limit: String, flags: Probe.Namespaces)] = [
        ("user", "max_user_namespaces", .user), ("mount", "max_mnt_namespaces", .mount),
        ("pid", "max_pid_namespaces", .pid), ("net", "max_net_namespaces", .network),
        ("ipc", "max_ipc_namespaces", .ipc), ("uts", "max_uts_namespaces", .uts),
        ("cgroup", "max_cgroup_namespaces", .cgroup),
    ]

    static let all: Probe.Namespaces = [.user, .mount, .pid, .network, .ipc, .uts, .cgroup]

    static func namespaces() -> [Finding] {
        var findings: [Finding] = []
        var working: [String] = []
        for (name, limit, flags) in kinds {
            do throws(SystemCallError) {
                try Probe.child(in: flags)
                working.append(name)
            } catch {
                findings.append(
                    Finding(
                        .missing, "namespaces", "\(name): \(error.errno)",
                        advice(error.errno, kind: name, limit: limit)))
            }
        }
        do throws(SystemCallError) {
            try Probe.child(in: .time)
            working.append("time")
        } catch {
            findings.append(Finding(.degraded, "namespaces", "time: \(error.errno)"))
        }
        if findings.allSatisfy({ $0.status != .missing }) {
            // Each alone and all together are two questions: a limit or a policy may count them.
            do throws(SystemCallError) { try Probe.child(in: all) } catch {
                findings.append(
                    Finding(.missing, "namespaces", "all in one child: \(error.errno)"))
            }
        }
        if working.isEmpty { return findings }
        return [Finding(.ok, "namespaces", working.joined(separator: ", "))] + findings
    }

    static func advice(_ errno: Errno, kind: String, limit: String) -> String {
        switch errno {
        case .ENOSPC, .EUSERS: "sysctl -w user.\(limit)=15000"
        case .EPERM, .EACCES:
            "run as root, outside of a chroot or a container that forbids namespaces"
        case .EINVAL, .ENOSYS:
            "boot a kernel with CONFIG_\(kind == "mount" ? "NAMESPACES" : "\(kind)_NS".uppercased())"
        default: "see namespaces(7)"
        }
    }

    /// How many user namespaces there may be; each sandbox takes two, for a moment.
    static func userNamespaceLimit(_ files: HostFiles) -> Finding? {
        guard let most = files.number("/proc/sys/user/max_user_namespaces") else { return nil }
        if most >= 64 { return nil }
        return Finding(
            .degraded, "namespaces", "only \(most) user namespaces may exist",
            "sysctl -w user.max_user_namespaces=15000")
    }

    /// What a sandbox mounts for itself. A kernel refuses proc where the one it sees is covered in
    /// parts, as in most containers (mount_too_revealing in fs/namespace.c).
    static func mounts() -> [Finding] {
        let questions = ["proc", "devpts", "tmpfs", "cgroup2"].map { type in
            (
                type,
                { () throws(SystemCallError) in
                    try Probe.child(in: all, mounting: (type, "/proc"))
                }
            )
        }
        return KernelFindings.answers("own mounts", questions) { errno in
            switch errno {
            case .EPERM, .EACCES:
                "leave the container, or let it show an uncovered /proc (Docker: --security-opt systempaths=unconfined)"
            case .ENODEV: "boot a kernel that has this file system"
            default: nil
            }
        }
    }
}
