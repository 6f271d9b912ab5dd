public import Plan
public import Syscalls

extension IDMap {
    /// Writes the maps of a process's user namespace, once: the kernel takes them from its parent
    /// and never again. user_namespaces(7).
    public func write(forProcess pid: Int32) throws(SystemCallError) {
        let process = try Directory(opening: "/proc/\(pid)")
        switch self {
        case .range(let range):
            try process.writeFile("uid_map", range.mapLine)
            try process.writeFile("gid_map", range.mapLine)
        case .single(let user, let group, let shownAsUser, let shownAsGroup):
            try process.writeFile("uid_map", "\(user) \(shownAsUser) 1\n")
            try process.writeFile("gid_map", "\(group) \(shownAsGroup) 1\n")
        }
    }

    /// A user namespace that exists for these maps only.
    public func makeUserNamespace() throws(SystemCallError) -> UserNamespace {
        try UserNamespace { pid throws(SystemCallError) in try write(forProcess: pid) }
    }
}
