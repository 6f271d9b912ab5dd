public import Cgroups
public import Plan
internal import Syscalls

/// Limits of a live sandbox and of its runs: put in force, read back, taken away step by step. A run is
/// named where its own limits are meant, nil where those of all are.
extension LiveSandbox {
    /// Makes the project's limits these and no others, where its processes, mounts and control files say
    /// something else. Throws, and leaves what was, where a limit cannot be enforced, or where more
    /// memory is in use than it shall have.
    ///
    /// - Returns: what was found to be otherwise on its cgroup.
    @discardableResult
    public func updateLimits(
        _ limits: Limits, allowUnlimited: Bool
    ) throws(LaunchError) -> [LimitChange] {
        let before = try resizeScratch(limits)
        let found: [LimitChange]
        do throws(LaunchError) {
            found = try refusing { () throws(CgroupError) in
                try cgroup.conform(to: limits, allowUnlimited: allowUnlimited)
            }
        } catch {
            // As large as they were.
            _ = try? resizeScratch(before)
            throw error
        }
        openFiles = limits.openFiles
        for (run, live) in runs where live.isOpenFilesKnown {
            try setOpenFiles(live.openFiles, in: live.leaf(run))
        }
        return found
    }

    /// The same of a run: one that has ended has none.
    @discardableResult
    public func updateLimits(
        of run: RunID, to limits: Limits
    ) throws(LaunchError) -> [LimitChange] {
        let leaf = leaf(of: run)
        let found = try refusing { () throws(CgroupError) in
            try cgroup.conform(leaf, to: limits)
        }
        runs[run]?.openFiles = limits.openFiles
        runs[run]?.isOpenFilesKnown = true
        try setOpenFiles(limits.openFiles, in: leaf)
        return found
    }

    /// What the kernel says of the limits of the sandbox or of a run, of those that are no cgroup's too.
    public func readings(of run: RunID? = nil) -> LimitReadings {
        var readings = cgroup.readings(of: run.map { leaf(of: $0) })
        if let run {
            readings.all.append(openFiles(in: leaf(of: run)))
        } else {
            readings.all += scratchReadings()
            readings.all.append(
                LimitReading(.logRate, inForce: .count(UInt64(logRate.linesPerSecond))))
        }
        return readings
    }

    /// How much its processes have to wait.
    public func pressure(of run: RunID? = nil) -> Pressure {
        cgroup.pressure(of: run.map { leaf(of: $0) })
    }

    /// The control files of the limits: writes to them may be somebody else's.
    public func controlFiles(of run: RunID? = nil) -> [String] {
        cgroup.controlFiles(of: run.map { leaf(of: $0) })
    }

    /// What of the limits somebody else has changed since they were put in force, each told once:
    /// `from` what was, `to` what is.
    public func limitsChangedFromOutside(of run: RunID? = nil) -> [LimitChange] {
        cgroup.changesFromOutside(of: run.map { leaf(of: $0) })
    }

    /// After it was taken over: what was put in force last.
    public func recall(
        _ limits: Limits, allowUnlimited: Bool, of run: RunID? = nil
    ) throws(LaunchError) {
        try refusing { () throws(CgroupError) in
            try cgroup.recall(
                limits, allowUnlimited: allowUnlimited, of: run.map { leaf(of: $0) })
        }
    }

    // MARK: Open files

    /// Gives every process of a leaf this limit, or the project's. One that is forked meanwhile has its
    /// parent's.
    private func setOpenFiles(_ own: UInt32?, in leaf: CgroupLeaf) throws(LaunchError) {
        let wanted = ResourceLimit.openFiles(own ?? openFiles)
        // Twice, for those that were forked before their parent had it.
        for _ in 0..<2 {
            for pid in cgroup.pids(in: leaf) {
                guard let process = try? ProcessHandle(opening: pid),
                    cgroup.holds(pid: pid, in: leaf),
                    let now = try? openFilesLimit(of: process), now.hard != wanted.hard
                else { continue }
                do throws(SystemCallError) {
                    try setOpenFilesLimit(of: process, soft: wanted.soft, hard: wanted.hard)
                } catch {
                    // It has ended meanwhile.
                    if error.errno != .ESRCH { throw .failed(error) }
                }
            }
        }
    }

    /// Of the first process of the leaf, which is as good as any.
    private func openFiles(in leaf: CgroupLeaf) -> LimitReading {
        guard let pid = cgroup.pids(in: leaf).first, let process = try? ProcessHandle(opening: pid),
            let limit = try? openFilesLimit(of: process)
        else { return LimitReading(.openFiles, inForce: nil) }
        let count = try? Directory(opening: "/proc/\(pid)/fd").names().count
        return LimitReading(
            .openFiles, inForce: .count(limit.hard), inUse: count.map { UInt64($0) })
    }

    // MARK: File systems in memory

    private static let scratchPlaces: [(LimitName, path: String)] = [
        (.tmp, "/tmp"), (.shm, "/dev/shm"),
    ]

    /// Gives /tmp and /dev/shm their sizes, where they are file systems of their own. Throws where more
    /// is in one.
    ///
    /// - Returns: what they were.
    private func resizeScratch(_ limits: Limits) throws(LaunchError) -> Limits {
        var before = Limits()
        if limits.tmp == nil && limits.shm == nil { return before }
        let root = try system { () throws(SystemCallError) in try ProcessRoot(of: process) }
        for (name, path) in Self.scratchPlaces {
            guard case .bytes(let size)? = limits[name] else { continue }
            // One that is not its own belongs to the sandbox's root, and waits for the next one.
            guard let now = try? root.space(at: path) else { continue }
            if !now.isMountPoint || now.total == size.count { continue }
            do throws(SystemCallError) {
                try root.resizeFileSystem(at: path, bytes: size.count)
            } catch {
                // tmpfs(5): less than what is in it.
                guard error.errno == .EINVAL else { throw .failed(error) }
                throw .refused(
                    ScratchInUse(path: path, wanted: size, used: Bytes(now.total - now.free)))
            }
            before[name] = .bytes(Bytes(now.total))
        }
        return before
    }

    private struct ScratchInUse: Diagnosable {
        let path: String
        let wanted: Bytes
        let used: Bytes

        var message: String { "\(path) cannot be made \(wanted): \(used) are in use" }
        var hint: String? { "remove files from it first" }
    }

    private func scratchReadings() -> [LimitReading] {
        guard let root = try? ProcessRoot(of: process) else { return [] }
        return Self.scratchPlaces.map { name, path in
            guard let now = try? root.space(at: path) else {
                return LimitReading(name, inForce: nil)
            }
            return LimitReading(
                name, inForce: .bytes(Bytes(now.total)), inUse: now.total - now.free)
        }
    }
}
