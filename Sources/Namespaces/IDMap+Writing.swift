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

    /// A user namespace that exists for these maps only, held by a descriptor.
    public func makeUserNamespace() throws(SystemCallError) -> FileDescriptor {
        let holder = try spawnIDHolder()
        do throws(SystemCallError) {
            try write(forProcess: holder.pid)
            let namespace = try open("/proc/\(holder.pid)/ns/user")
            holder.killAndReap()
            return namespace
        } catch {
            holder.killAndReap()
            throw error
        }
    }
}
