internal import Plan
internal import Syscalls

extension ProjectCgroup {
    /// Whether a process is anywhere in it.
    public var isPopulated: Bool { limited?.isPopulated ?? false }

    /// Kills every process in it at once.
    public func kill() { limited?.kill() }

    /// Kills what is in it and takes away what is empty, waiting for nothing but systemd's answer.
    ///
    /// - Returns: whether nothing is left of it; if not, processes are still ending, or systemd is at
    ///   it: to be called again.
    public func end() throws(CgroupError) -> Bool {
        noteSpared()
        kill()
        switch driver {
        case .none: return true
        case .cgroupfs: return try removeDirectory()
        case .systemd: return try stopUnits()
        }
    }

    /// As `end()`, waiting so long.
    public func end(withinMilliseconds limit: Int64) throws(CgroupError) -> Bool {
        let deadline = monotonicMicroseconds() + limit * 1_000
        var pause: Int64 = 0
        while try !end() {
            if monotonicMicroseconds() >= deadline { return false }
            sleep(milliseconds: pause)
            pause = min(pause + 1, 20)
        }
        return true
    }

    private func removeDirectory() throws(CgroupError) -> Bool {
        limited?.removeChildren()
        do throws(SystemCallError) {
            try host.openParentDirectory().removeDirectory(directoryName)
        } catch {
            switch error.errno {
            case .ENOENT: break
            case .EBUSY, .ENOTEMPTY: return false
            default: throw .failed(error)
            }
        }
        top = nil
        limited = nil
        return true
    }

    /// Before it is gone, which systemd sees to as soon as nobody is in it.
    private func noteSpared() {
        if asked?.limits.memoryMin != nil || asked?.limits.memoryLow != nil { isSpared = true }
        for file in ["memory.min", "memory.low"] where !isSpared {
            isSpared = limited?.read(file).flatMap(single) ?? 0 > 0
        }
    }

    private func stopUnits() throws(CgroupError) -> Bool {
        if isPopulated { return false }
        let now = monotonicMicroseconds()
        if stopAskedAt.map({ now - $0 > Self.patienceMicroseconds }) ?? true {
            let bus = try SystemdBus(seconds: Self.busSeconds)
            // The scope first, which is empty: with the slice systemd would end it too, but by a job that
            // waits for this one.
            for unit in [units.scope, units.slice] {
                do throws(CgroupError) { try bus.stop(unit) } catch {
                    guard case .systemdRefused(_, noSuchUnit, _) = error else { throw error }
                }
            }
            stopAskedAt = now
        }
        if host.files.exists(limitedPath) { return false }
        top = nil
        limited = nil
        // Where systemd does not take it, too much is spared until the next change.
        if isSpared { try? conformSliceOfAll() }
        isSpared = false
        return true
    }

    /// systemd removes an empty cgroup within milliseconds; asked once more, it loses nothing.
    private static let patienceMicroseconds: Int64 = 2_000_000

    /// Waits until systemd has removed it.
    func awaitAbsence(milliseconds: Int64) {
        let deadline = monotonicMicroseconds() + milliseconds * 1_000
        while host.files.exists(limitedPath), monotonicMicroseconds() < deadline {
            sleep(milliseconds: 5)
        }
    }
}

extension CgroupHost {
    fileprivate func openParentDirectory() throws(SystemCallError) -> Directory {
        try Directory(opening: files.at(parentPath ?? "/"), resolve: .noSymlinks)
    }
}
