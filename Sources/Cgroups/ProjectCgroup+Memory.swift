internal import Plan
internal import Syscalls

extension ProjectCgroup {
    /// Puts a lower `memory.max` in force all at once: as it is where far less is in use, otherwise while
    /// nothing runs. Reclaims a little where a little more is in use; throws `limitBelowUse` where that
    /// does not do: the kernel would kill.
    ///
    /// - Parameter leaf: nil: the whole project.
    func lowerMemoryMax(_ asked: ControlWrite, of leaf: CgroupLeaf?) throws(CgroupError) {
        guard let max = UInt64(asked.value) else { return }
        var used = read("memory.current", of: leaf).flatMap(single) ?? 0
        for _ in 0..<Self.reclaimsMax where used > max {
            // The kernel reclaims in whoever asks for it.
            reclaimMemory(Bytes(min(used - max, Self.reclaimAtOnce)), of: leaf)
            used = read("memory.current", of: leaf).flatMap(single) ?? 0
        }
        if used > max { throw .limitBelowUse(asked: Bytes(max), used: Bytes(used)) }
        if used <= max / 4 * 3 { return try setMemoryMax(Bytes(max), of: leaf) }
        let wasFrozen = isFrozen
        if !wasFrozen { try setFrozen(true, withinMilliseconds: Self.standstillMilliseconds) }
        // A thaw that fails is one of a cgroup that is gone.
        defer { if !wasFrozen { askToFreeze(false) } }
        used = read("memory.current", of: leaf).flatMap(single) ?? 0
        if used > max { throw .limitBelowUse(asked: Bytes(max), used: Bytes(used)) }
        try setMemoryMax(Bytes(max), of: leaf)
    }

    /// The content of a control file, nil where it is absent.
    func read(_ file: String, of leaf: CgroupLeaf?) -> String? {
        guard let leaf else { return limited?.read(file) }
        return top?.read("\(leaf.path)/\(file)")
    }

    /// Some milliseconds of work.
    private static let reclaimAtOnce: UInt64 = 8 << 20
    /// So many times that much is reclaimed in place of an error.
    private static let reclaimsMax = 8
    /// Processes that can be stopped are within a few milliseconds.
    private static let standstillMilliseconds: Int64 = 100
}
