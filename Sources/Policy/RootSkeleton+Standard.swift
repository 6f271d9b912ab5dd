internal import Plan

extension RootSkeleton {
    /// The root of every sandbox. With another root file system than the host's its /etc stands in for
    /// ours.
    static func standard(
        identity: Identity, host: HostLayout, scratch: Scratch, hostname: String
    ) -> RootSkeleton {
        var entries: [Entry] = []
        for (name, entry) in host.topLevel.sorted(by: { $0.key < $1.key }) {
            if case .link(let target) = entry { entries.append(Entry(name, .link(target: target))) }
        }
        entries += [
            Entry("proc", .directory(mode: 0o555)),
            Entry("sys", .directory(mode: 0o555), owner: .host),
            Entry("sys/fs", .directory(mode: 0o555), owner: .host),
            Entry("sys/fs/cgroup", .directory(mode: 0o555), owner: .host),
            Entry("tmp", .directory(mode: 0o1777)),
            Entry("run", .directory(mode: 0o755)),
            Entry("home", .directory(mode: 0o755)),
            Entry("home/user", .directory(mode: 0o700), owner: .user),
            // Searchable: a project may be mounted below it.
            Entry("root", .directory(mode: 0o711)),
        ]
        entries += devices
        if host.topLevel["var"] == nil {
            entries += [
                Entry("var", .directory(mode: 0o755)),
                Entry("var/tmp", .directory(mode: 0o1777)),
            ]
        }
        if host.topLevel["etc"] == nil {
            entries += configuration(identity, host: host, hostname: hostname)
        }
        return RootSkeleton(size: scratch.size, inodes: scratch.inodes, entries: entries)
    }

    /// /dev belongs to the host's root: not even the sandbox's own can take a device away.
    private static let devices = [
        Entry("dev", .directory(mode: 0o755), owner: .host),
        Entry("dev/null", .device(major: 1, minor: 3), owner: .host),
        Entry("dev/zero", .device(major: 1, minor: 5), owner: .host),
        Entry("dev/full", .device(major: 1, minor: 7), owner: .host),
        Entry("dev/random", .device(major: 1, minor: 8), owner: .host),
        Entry("dev/urandom", .device(major: 1, minor: 9), owner: .host),
        Entry("dev/tty", .device(major: 5, minor: 0), owner: .host),
        Entry("dev/pts", .directory(mode: 0o755), owner: .host),
        Entry("dev/shm", .directory(mode: 0o1777), owner: .host),
        Entry("dev/ptmx", .link(target: "pts/ptmx"), owner: .host),
        Entry("dev/fd", .link(target: "/proc/self/fd"), owner: .host),
        Entry("dev/stdin", .link(target: "/proc/self/fd/0"), owner: .host),
        Entry("dev/stdout", .link(target: "/proc/self/fd/1"), owner: .host),
        Entry("dev/stderr", .link(target: "/proc/self/fd/2"), owner: .host),
    ]

    private static func configuration(
        _ identity: Identity, host: HostLayout, hostname: String
    ) -> [Entry] {
        let user = identity.user
        let group = identity.group
        var passwd = "root:x:0:0:root:/root:/bin/sh\n"
        var groups = "root:x:0:\n"
        if user != 0 { passwd += "user:x:\(user):\(group)::/home/user:/bin/sh\n" }
        if group != 0 { groups += "user:x:\(group):\n" }
        passwd += "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
        groups += "nogroup:x:65534:\n"
        var entries = [
            Entry("etc", .directory(mode: 0o755)),
            Entry("etc/passwd", .file(text: passwd)),
            Entry("etc/group", .file(text: groups)),
            Entry("etc/hostname", .file(text: hostname + "\n")),
            Entry(
                "etc/hosts",
                .file(text: "127.0.0.1 localhost \(hostname)\n::1 localhost \(hostname)\n")),
            Entry("etc/nsswitch.conf", .file(text: "hosts: files dns\n")),
            Entry("etc/os-release", .link(target: "../usr/lib/os-release")),
            Entry("etc/mtab", .link(target: "/proc/self/mounts")),
        ]
        if let timeZone = host.timeZone {
            entries.append(Entry("etc/localtime", .link(target: timeZone)))
        }
        return entries
    }
}
