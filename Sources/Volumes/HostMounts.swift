internal import Plan
internal import Syscalls

/// The mounts of a namespace: /proc/self/mountinfo, proc_pid_mountinfo(5).
struct HostMounts {
    struct Entry: Hashable {
        var point: String
        var type: String
        var source: String
        /// Whether what is mounted in another namespace appears here.
        var isFollower: Bool
    }

    let entries: [Entry]

    /// Every mount of a host with thousands of them.
    private static let tableSizeMax = 16 << 20

    init() throws(VolumeError) {
        let text = try trying { () throws(SystemCallError) in
            try readFile("/proc/self/mountinfo", limit: Self.tableSizeMax)
        }
        self.init(text)
    }

    init(_ table: String) {
        var entries: [Entry] = []
        for line in table.utf8.split(separator: UInt8(ascii: "\n")) {
            // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
            let fields = line.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
            guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 2 else {
                continue
            }
            entries.append(
                Entry(
                    point: unescapedMountinfo(fields[4].utf8), type: fields[dash + 1],
                    source: unescapedMountinfo(fields[dash + 2].utf8),
                    isFollower: fields[6..<dash].contains { $0.utf8.starts(with: "master:".utf8) }))
        }
        self.entries = entries
    }

    /// What is mounted there, on top of all else.
    func entry(at path: String) -> Entry? { entries.last { $0.point == path } }

    /// The mount that has this path.
    func holder(of path: String) -> Entry? {
        var best: Entry?
        for entry in entries {
            let prefix = entry.point == "/" ? "/" : entry.point + "/"
            guard entry.point == path || path.utf8.starts(with: prefix.utf8) else { continue }
            if best == nil || entry.point.utf8.count >= best!.point.utf8.count { best = entry }
        }
        return best
    }
}

/// Where a service manager gave us a namespace of our own that follows the machine's, what we mount
/// would be seen by nobody and go with us: helpers of ours go there for it.
func enterNamespaceOfMachine(for places: VolumePlaces) throws(VolumeError) {
    guard try HostMounts().holder(of: places.mounts)?.isFollower ?? false else { return }
    try trying { () throws(SystemCallError) in
        try enterMountNamespace(open("/proc/1/ns/mnt"))
    }
}
