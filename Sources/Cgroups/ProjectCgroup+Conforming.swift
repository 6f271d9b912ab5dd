public import Plan
internal import Syscalls

/// Limits put in force while everything runs.
extension ProjectCgroup {
    /// Makes the project's limits those that are given and no others: control files that say something
    /// else are written, what is nil being the kernel's standard, and read back. A failure leaves what
    /// was.
    ///
    /// Throws `limitBelowUse` where more memory is in use than `memory.max` shall be and a little
    /// reclaiming does not help: the kernel would kill for it.
    ///
    /// - Returns: what was found to be otherwise.
    @discardableResult
    public func conform(
        to limits: Limits, allowUnlimited: Bool
    ) throws(CgroupError) -> [LimitChange] {
        try conform(
            to: try ResolvedLimits(limits, allowUnlimited: allowUnlimited, on: host),
            allowUnlimited: allowUnlimited)
    }

    @discardableResult
    func conform(
        to resolved: ResolvedLimits, allowUnlimited: Bool
    ) throws(CgroupError) -> [LimitChange] {
        try provide(resolved, for: nil)
        guard let found = limited?.deviations(from: resolved, earlier: asked) else { return [] }
        // Where a change was under way when it was taken over, the kernel may have it and systemd not.
        let isTold = told == resolved.writes
        try limited?.mend(found) { (write) throws(CgroupError) in
            try lowerMemoryMax(write, of: nil)
        }
        do throws(CgroupError) {
            if driver == .systemd, !isTold {
                try SystemdBus(seconds: Self.busSeconds).setLimits(resolved.writes, of: units.slice)
            }
            // What systemd has no property for needs its controller, which may be there only now.
            try writeBesideSystemd(resolved)
            unenforced =
                resolved.unenforced
                + (try limited?.verify(
                    resolved.writes, allowUnlimited: allowUnlimited, host.files) ?? [])
        } catch {
            limited?.undo(found)
            if driver == .systemd, !isTold, let told {
                // It knew these before; should it not answer, the next change tells it.
                try? SystemdBus(seconds: Self.busSeconds).setLimits(told, of: units.slice)
            }
            throw error
        }
        staged = [:]
        toldOutside[nil] = nil
        writes = resolved.writes
        told = resolved.writes
        asked = resolved
        self.allowUnlimited = allowUnlimited
        try conformProtection(resolved.limits, found)
        return found.map(\.change)
    }

    /// The same of one leaf, whose limits are its own below the project's. One that is gone has none.
    @discardableResult
    public func conform(
        _ leaf: CgroupLeaf, to limits: Limits
    ) throws(CgroupError) -> [LimitChange] {
        let resolved = try ResolvedLimits(limits, allowUnlimited: allowUnlimited, on: host)
        try provide(resolved, for: leaf)
        guard let directory = try? top?.child(leaf.path) else { return [] }
        let found = directory.deviations(from: resolved, earlier: askedOfLeaves[leaf])
        try directory.mend(found) { (write) throws(CgroupError) in
            try lowerMemoryMax(write, of: leaf)
        }
        do throws(CgroupError) {
            _ = try directory.verify(resolved.writes, allowUnlimited: allowUnlimited, host.files)
        } catch {
            directory.undo(found)
            throw error
        }
        askedOfLeaves[leaf] = resolved
        toldOutside[leaf] = nil
        return found.map(\.change)
    }

    /// Limits that systemd has no property for.
    func writeBesideSystemd(_ resolved: ResolvedLimits) throws(CgroupError) {
        for write in resolved.writes where write.isBesideSystemd {
            guard let content = limited?.read(write.file), !write.isInForce(in: content) else {
                continue  // Absent: told of when all of them are verified.
            }
            try limited?.apply(write)
        }
    }

    /// Has controllers that are not everybody's passed on to where they are needed.
    func provide(_ resolved: ResolvedLimits, for leaf: CgroupLeaf?) throws(CgroupError) {
        var needed = Set(resolved.writes.map(\.controller)).subtracting(Controller.usual)
        // systemd passes this one on by itself.
        if driver == .systemd, leaf == nil { needed.remove(.cpuset) }
        if needed.isEmpty { return }
        let parent = try host.openParent()
        try parent.passOn(needed)
        if driver == .systemd {
            guard let slice = try? parent.child(ScopeRequest.slice) else { return }
            try slice.passOn(needed)
        }
        guard let leaf else { return }
        if driver == .systemd { try limited?.passOn(needed) }
        try top?.passOn(needed)
        let kind = leaf.path.split(separator: "/")
        guard kind.count == 2, let part = try? top?.child(String(kind[0])) else { return }
        try part.passOn(needed)
    }

    /// `bulkhead.slice` has to be spared what the projects in it are to be spared: the kernel protects
    /// nothing in a cgroup that is not protected itself (cgroup-v2.rst, `memory.min`).
    private func conformProtection(
        _ limits: Limits, _ found: [Deviation]
    ) throws(CgroupError) {
        if driver != .systemd { return }
        let isChanged = found.contains {
            $0.change.name == .memoryMin || $0.change.name == .memoryLow
        }
        if !isChanged && limits.memoryMin == nil && limits.memoryLow == nil { return }
        // It reads two files of every project, so not for each weight that is moved; once after it was taken
        // over, since whoever changed it last may not have got to the slice.
        if !isChanged && isSharedProtected { return }
        try conformSliceOfAll()
        isSharedProtected = true
    }

    /// Spares `bulkhead.slice` the sum of what is spared below it now.
    func conformSliceOfAll() throws(CgroupError) {
        guard let slice = try? host.openParent().child(ScopeRequest.slice),
            let names = try? slice.directory.names()
        else { return }
        var sums = ["memory.min": UInt64(0), "memory.low": 0]
        for name in names where name.hasSuffix(".slice") {
            for file in sums.keys {
                let text = slice.read("\(name)/\(file)")?.split(separator: "\n").first ?? "0"
                let sum = sums[file, default: 0].addingReportingOverflow(UInt64(text) ?? 0)
                sums[file] = sum.overflow ? UInt64(Int64.max) : sum.partialValue
            }
        }
        let isEnough = sums.allSatisfy { file, sum in
            slice.read(file)?.split(separator: "\n").first == "\(sum)"
        }
        if isEnough { return }
        try SystemdBus(seconds: Self.busSeconds).setProtection(
            min: Bytes(sums["memory.min"] ?? 0), low: Bytes(sums["memory.low"] ?? 0),
            of: ScopeRequest.slice)
    }
}
