public import Plan
internal import Syscalls

/// What takes memory away from a project, or from one of its leaves, step by step. Both `memory.high`
/// and `memory.reclaim` reclaim in whoever writes them: so little at once that nobody waits.
extension ProjectCgroup {
    /// Nil where there is no memory controller, or nothing to look at any more.
    ///
    /// - Parameter leaf: nil: the whole project.
    public func memoryState(of leaf: CgroupLeaf?) -> MemoryState? {
        guard let whole = state(of: nil) else { return nil }
        guard let leaf else { return whole }
        guard var own = state(of: leaf) else { return nil }
        // What the project may not swap out, none of its leaves may.
        own.swapRoom = min(own.swapRoom, whole.swapRoom)
        return own
    }

    private func state(of leaf: CgroupLeaf?) -> MemoryState? {
        MemoryState(machine: host.files.read("/proc/meminfo") ?? "") { file in
            guard let leaf else { return limited?.read(file) }
            return top?.read("\(leaf.path)/\(file)")
        }
    }

    /// Whether memory can be reclaimed by asking: Linux 5.19.
    public var canReclaimMemory: Bool {
        // It can only be written.
        (try? FileStatus(path: "\(limited?.path ?? "")/memory.reclaim")) != nil
    }

    /// Writes `memory.high`; nil: `max`.
    public func setMemoryHigh(_ high: Bytes?, of leaf: CgroupLeaf?) throws(CgroupError) {
        try write("memory.high", high.map { "\($0.count)" } ?? "max", leaf)
    }

    /// Writes `memory.max`. What is in use has to be less: else the kernel kills.
    public func setMemoryMax(_ max: Bytes, of leaf: CgroupLeaf?) throws(CgroupError) {
        try write("memory.max", "\(max.count)", leaf)
    }

    /// Asks the kernel to reclaim so much; that it found less shows in what is in use.
    public func reclaimMemory(_ bytes: Bytes, of leaf: CgroupLeaf?) {
        try? write("memory.reclaim", "\(bytes.count)", leaf)
    }

    private func write(
        _ file: String, _ value: String, _ leaf: CgroupLeaf?
    ) throws(CgroupError) {
        do throws(SystemCallError) {
            guard let leaf else {
                // Told apart from what others write.
                staged[file] = ControlWrite(controller: .memory, file: file, value: value)
                try limited?.directory.writeFile(file, value)
                return
            }
            try top?.directory.writeFile("\(leaf.path)/\(file)", value)
        } catch { throw .limitRefused(file: file, value: value, errno: error.errno) }
    }

    /// Asks every run to stand still, or lets them go on, and waits for nothing: `isFrozen` tells.
    public func askToFreeze(_ isFrozen: Bool) {
        for part in [CgroupLeaf.services, CgroupLeaf.tasks] {
            // Fails where the project is gone, and there is nothing to stop.
            try? top?.directory.writeFile("\(part)/cgroup.freeze", isFrozen ? "1" : "0")
        }
    }
}
