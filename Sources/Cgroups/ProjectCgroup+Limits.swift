public import Plan
internal import Syscalls

extension ProjectCgroup {
    /// What all its processes together have used.
    public func usage() -> CgroupUsage { limited?.usage() ?? CgroupUsage() }

    /// What the kernel says of its limits.
    public func limitsInForce() -> [LimitInForce] { limited?.limitsInForce() ?? [] }

    /// Puts other limits into force, those that are not named among them: they are lifted. Throws
    /// `limitBelowUse` where memory that is in use would have to be taken away, and changes nothing
    /// then: the kernel would kill for it.
    public func update(_ limits: Limits, allowUnlimited: Bool) throws(CgroupError) {
        let resolved = try ResolvedLimits(limits, allowUnlimited: allowUnlimited, on: host)
        if resolved.writes == writes && allowUnlimited == self.allowUnlimited && areInForce {
            return
        }
        if let max = limits.memoryMax { try refuseBelowUse(max) }
        switch driver {
        case .systemd:
            try SystemdBus(seconds: Self.busSeconds).setLimits(resolved.writes, of: units.slice)
        case .cgroupfs:
            for write in lifted(by: resolved.writes) {
                do throws(CgroupError) { try limited?.apply(write) } catch {
                    // A file that is not there limits nothing.
                    guard case .limitUnknown = error else { throw error }
                }
            }
            _ = try limited?.apply(
                resolved.writes, allowUnlimited: allowUnlimited, host.files)
        case .none: break
        }
        writes = resolved.writes
        self.allowUnlimited = allowUnlimited
        unenforced =
            resolved.unenforced
            + (try limited?.verify(writes, allowUnlimited: allowUnlimited, host.files) ?? [])
    }

    /// Takes `limits` for those that were put in force when it was made, by whom it is taken over from.
    public func assume(_ limits: Limits, allowUnlimited: Bool) throws(CgroupError) {
        let resolved = try ResolvedLimits(limits, allowUnlimited: allowUnlimited, on: host)
        writes = resolved.writes
        self.allowUnlimited = allowUnlimited
        unenforced = resolved.unenforced
    }

    /// Whether the kernel says so of each that was asked for; asking it costs less than systemd.
    private var areInForce: Bool {
        writes.allSatisfy { write in
            limited?.read(write.file).map { write.isInForce(in: $0) } ?? false
        }
    }

    private func refuseBelowUse(_ max: Bytes) throws(CgroupError) {
        guard let used = usage().memoryCurrent, used.count > max.count else { return }
        // What can be reclaimed, such as cached files, is no reason: memory.reclaim, Linux 5.19 and
        // later; it fails where it did not get all of it, which shows in what is used.
        try? limited?.directory.writeFile("memory.reclaim", "\(used.count - max.count)")
        let left = usage().memoryCurrent ?? used
        if left.count > max.count { throw .limitBelowUse(asked: max, used: left) }
    }

    /// What has to be written to lift the limits that are in force and not in `wanted`.
    private func lifted(by wanted: [ControlWrite]) -> [ControlWrite] {
        var lifts: [ControlWrite] = []
        for write in writes {
            if write.controller == .io {
                guard let device = write.value.split(separator: " ").first else { continue }
                // Each of its keys: a line that comes again names only those that it wants.
                lifts.append(
                    ControlWrite(
                        controller: .io, file: write.file,
                        value: "\(device) rbps=max wbps=max riops=max wiops=max"))
            } else if !wanted.contains(where: { $0.file == write.file }) {
                lifts.append(
                    ControlWrite(
                        controller: write.controller, file: write.file,
                        value: write.file == "cpu.weight" ? "100" : "max"))
            }
        }
        return lifts
    }

    // MARK: Freezing

    /// Stops, or lets go on, every run; init goes on either way. Throws `notFrozen` where a process
    /// could not be stopped in so many milliseconds; it is as soon as it can be.
    public func setFrozen(_ isFrozen: Bool, withinMilliseconds limit: Int64) throws(CgroupError) {
        let parts = [CgroupLeaf.services, CgroupLeaf.tasks]
        do throws(SystemCallError) {
            for part in parts {
                try top?.directory.writeFile("\(part)/cgroup.freeze", isFrozen ? "1" : "0")
            }
        } catch { throw .failed(error) }
        let deadline = monotonicMicroseconds() + limit * 1_000
        for part in parts {
            while let events = top?.read("\(part)/cgroup.events"),
                events.split(separator: "\n").contains("frozen 1") != isFrozen
            {
                if monotonicMicroseconds() >= deadline {
                    throw .notFrozen(path: "\(path)/\(part)", milliseconds: limit)
                }
                sleep(milliseconds: 1)
            }
        }
    }

    /// Whether every run is stopped.
    public var isFrozen: Bool {
        top?.read("\(CgroupLeaf.services)/cgroup.freeze")?.utf8.first == UInt8(ascii: "1")
    }
}
