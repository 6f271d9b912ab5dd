internal import Plan
internal import Syscalls

/// A file system that shows the kernel or the machine and holds nobody's files. In a sandbox it would
/// be the host's: its processes, its devices.
struct KernelFileSystem: Hashable {
    let type: String
    /// Where it is mounted.
    let point: String

    /// proc(5), sysfs(5) and their kin. None of them supports id-mapped mounts.
    private static let types = [
        "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts",
        "devtmpfs", "efivarfs", "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore",
        "resctrl",
        "rpc_pipefs", "securityfs", "selinuxfs", "smackfs", "sysfs", "tracefs",
    ]

    /// The first that is part of the tree at `path`.
    ///
    /// - Parameter table: the content of proc_pid_mountinfo(5).
    static func first(at path: String, in table: String) -> KernelFileSystem? {
        for line in table.utf8.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "))
            // A lone hyphen ends the optional fields, of which there may be none.
            guard fields.count > 6,
                let hyphen = fields[6...].firstIndex(where: { $0.elementsEqual("-".utf8) }),
                fields.count > hyphen + 1
            else { continue }
            let type = String(decoding: fields[hyphen + 1], as: UTF8.self)
            let point = unescapedMountinfo(fields[4])
            if types.contains(type) && (isWithin(point, path) || isWithin(path, point)) {
                return KernelFileSystem(type: type, point: point)
            }
        }
        return nil
    }

    private static func isWithin(_ path: String, _ tree: String) -> Bool {
        tree == "/" || path == tree || path.utf8.starts(with: (tree + "/").utf8)
    }
}
