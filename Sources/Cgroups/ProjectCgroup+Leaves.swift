public import Plan
public import Syscalls

extension ProjectCgroup {
    /// Makes a leaf with limits of its own, in place of an empty one of that name.
    ///
    /// - Parameter owner: who starts the first process in it, as for `divide`.
    /// - Returns: the directory for `CLONE_INTO_CGROUP`.
    ///
    /// Throws `inUse` where the processes of an earlier run are still ending in it.
    public func makeLeaf(
        _ leaf: CgroupLeaf, limits: Limits, owner: UInt32
    ) throws(CgroupError) -> FileDescriptor {
        let resolved = try ResolvedLimits(limits, allowUnlimited: allowUnlimited, on: host)
        if top == nil { throw .notThatCgroup(path: path) }
        do throws(SystemCallError) {
            do throws(SystemCallError) { try top?.directory.makeDirectory(leaf.path) } catch {
                guard error.errno == .EEXIST else { throw error }
                guard try removeLeaf(leaf) else {
                    throw SystemCallError("mkdirat", on: leaf.path, .EBUSY)
                }
                try top?.directory.makeDirectory(leaf.path)
            }
        } catch {
            if error.errno == .EBUSY { throw .inUse(path: "\(path)/\(leaf.path)") }
            throw CgroupError(making: error)
        }
        do throws(CgroupError) {
            try provide(resolved, for: leaf)
            if !resolved.writes.isEmpty { try limit(leaf, to: resolved.writes) }
            askedOfLeaves[leaf] = resolved
            do throws(SystemCallError) {
                try setOwner(of: leaf, owner)
                return try openShown(leaf)
            } catch { throw .failed(error) }
        } catch {
            // Just made and empty.
            try? top?.directory.removeDirectory(leaf.path)
            throw error
        }
    }

    private func limit(_ leaf: CgroupLeaf, to writes: [ControlWrite]) throws(CgroupError) {
        let made: CgroupDirectory?
        do { made = try top?.child(leaf.path) } catch { throw .failed(error) }
        _ = try made?.apply(writes, allowUnlimited: allowUnlimited, host.files)
    }

    /// Takes back from init the permission to start processes in a leaf: its first one runs.
    public func closeLeaf(_ leaf: CgroupLeaf) {
        // Fails where the leaf is gone.
        try? setOwner(of: leaf, 0)
    }

    private func setOwner(of leaf: CgroupLeaf, _ owner: UInt32) throws(SystemCallError) {
        try top?.directory.setOwner("\(leaf.path)/cgroup.procs", user: owner, group: owner)
    }

    /// Kills every process in a leaf at once; none can escape by forking.
    public func killLeaf(_ leaf: CgroupLeaf) {
        // Fails where the leaf is gone, and its processes with it.
        try? top?.directory.writeFile("\(leaf.path)/cgroup.kill", "1")
    }

    /// Removes a leaf, after killing what is in it; false where that is still ending.
    public func removeLeaf(_ leaf: CgroupLeaf) throws(SystemCallError) -> Bool {
        for isKilled in [false, true] {
            do throws(SystemCallError) {
                try top?.directory.removeDirectory(leaf.path)
                askedOfLeaves[leaf] = nil
                toldOutside[leaf] = nil
                return true
            } catch {
                switch error.errno {
                case .ENOENT: return true
                case .EBUSY, .ENOTEMPTY: if !isKilled { killLeaf(leaf) }
                default: throw error
                }
            }
        }
        return false
    }

    /// What the processes of a leaf have used since it was made.
    public func usage(of leaf: CgroupLeaf) -> CgroupUsage {
        CgroupUsage { top?.read("\(leaf.path)/\($0)") }
    }

    /// What the kernel says of a leaf's own limits.
    public func limitsInForce(of leaf: CgroupLeaf) -> [LimitInForce] {
        guard let directory = try? top?.child(leaf.path) else { return [] }
        return directory.limitsInForce()
    }

    /// The processes of a leaf by their numbers on the host, at most `processesMax`.
    public func pids(in leaf: CgroupLeaf) -> [Int32] {
        guard
            let text = try? top?.directory.readFile(
                "\(leaf.path)/cgroup.procs", limit: 12 * Self.processesMax)
        else { return [] }
        return text.split(separator: "\n").prefix(Self.processesMax).compactMap { Int32($0) }
    }

    /// As many as pid_max allows by default: proc_sys_kernel(5).
    static let processesMax = 32_768

    /// The leaves that there are, init's among them.
    public func leaves() -> [CgroupLeaf] {
        var found = [CgroupLeaf.initial]
        for part in [CgroupLeaf.services, CgroupLeaf.tasks] {
            guard let directory = try? top?.child(part),
                let names = try? directory.directory.names()
            else { continue }
            for name in names.sorted()
            where (try? FileStatus(at: directory.directory.number, path: name))?.kind == .directory
            {
                found.append(CgroupLeaf(path: "\(part)/\(name)"))
            }
        }
        return found
    }
}
