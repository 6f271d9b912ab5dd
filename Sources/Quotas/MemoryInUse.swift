public import Plan

/// What a cgroup's memory is made of, as far as it decides what can be taken away. Fields of
/// `memory.stat` (Documentation/admin-guide/cgroup-v2.rst).
public struct MemoryInUse: Hashable, Sendable {
    /// `memory.current`.
    public var current: Bytes
    /// `inactive_file` + `active_file`: cached files, which can be read again.
    public var file: Bytes
    /// `inactive_anon` + `active_anon`: what processes allocated, and shared memory. It can go where
    /// there is room for it to be swapped out, and nowhere else.
    public var anonymous: Bytes
    /// `slab_reclaimable`.
    public var slab: Bytes
    /// How much more may be swapped out: what `memory.swap.max` and the machine leave.
    public var swapRoom: Bytes

    public init(current: Bytes, file: Bytes, anonymous: Bytes, slab: Bytes, swapRoom: Bytes) {
        self.current = current
        self.file = file
        self.anonymous = anonymous
        self.slab = slab
        self.swapRoom = swapRoom
    }

    public var reclaimable: Bytes {
        let parts = [file.count, slab.count, min(anonymous.count, swapRoom.count)]
        var left = current.count
        for part in parts { left -= min(left, part) }
        return Bytes(current.count - left)
    }

    public var unreclaimable: Bytes { Bytes(current.count - reclaimable.count) }
}
