internal import Plan

/// What every sandbox sees of the system.
enum SystemMounts {
    /// Writable in every sandbox, as far as file permissions allow.
    static let writable = ["/tmp", "/var/tmp", "/dev", "/run", "/proc"]

    /// - Parameter root: another root file system; nil: the host's /usr.
    static func list(root: String?, network: NetworkMode, host: HostLayout) -> [Mount] {
        var mounts: [Mount] = []
        let owners: Mount.ShownOwners = root == nil ? .unmapped : .sameNumbers
        // "/" as the host's root makes "/usr" of it "/usr".
        let prefix = root.map { $0 == "/" ? "" : $0 } ?? ""
        for (name, entry) in host.topLevel.sorted(by: { $0.key < $1.key }) where entry == .directory
        {
            mounts.append(
                Mount(.host(path: "\(prefix)/\(name)", .readOnly, owners), at: "/\(name)"))
        }
        if root == nil {
            for name in host.configuration
            where name != "resolv.conf" || network == .host {
                mounts.append(
                    Mount(.host(path: "/etc/\(name)", .readOnly, .unmapped), at: "/etc/\(name)"))
            }
        }
        mounts.append(Mount(.proc, at: "/proc"))
        mounts += maskedProc.map { Mount(.mask, at: $0) }
        mounts += readOnlyProc.map { Mount(.readOnlyAgain, at: $0) }
        mounts.append(Mount(.terminals, at: "/dev/pts"))
        // After the masks, which need its mount point while that is an empty directory.
        mounts.append(Mount(.cgroup, at: "/sys/fs/cgroup"))
        return mounts
    }

    /// Of proc(5), what tells about the whole machine or reaches it: the lists that OCI runtimes
    /// share (runtime-spec, config-linux.md, maskedPaths and readonlyPaths).
    static let maskedProc = [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
        "/proc/latency_stats", "/proc/scsi", "/proc/sched_debug", "/proc/timer_list",
    ]
    static let readOnlyProc = [
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
    ]
}
