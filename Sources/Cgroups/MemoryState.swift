public import Plan

/// What a cgroup's memory is made of, as far as it decides what can be taken away, and how its
/// processes wait for it. Fields of `memory.stat` (Documentation/admin-guide/cgroup-v2.rst).
public struct MemoryState: Hashable, Sendable {
    /// `memory.current`.
    public var current: Bytes
    /// `memory.max` and `memory.high`; nil: `max`.
    public var max: Bytes?
    public var high: Bytes?
    /// `inactive_file` + `active_file`.
    public var file: Bytes
    /// `inactive_anon` + `active_anon`, shared memory among it.
    public var anonymous: Bytes
    /// `slab_reclaimable`.
    public var slab: Bytes
    /// How much more may be swapped out: what `memory.swap.max` and the machine leave.
    public var swapRoom: Bytes
    /// `total` of `full` in `memory.pressure`, in microseconds: Documentation/accounting/psi.rst.
    public var stalled: UInt64
}

extension MemoryState {
    /// Reads it by `read`, which returns the content of a control file; nil where there is no memory
    /// controller, or no cgroup any more.
    init?(machine: String, _ read: (String) -> String?) {
        guard let current = read("memory.current").flatMap(Self.number),
            let stat = read("memory.stat")
        else { return nil }
        self.current = Bytes(current)
        max = read("memory.max").flatMap(Self.number).map { Bytes($0) }
        high = read("memory.high").flatMap(Self.number).map { Bytes($0) }
        file = Bytes(Self.sum(of: ["inactive_file", "active_file"], in: stat))
        anonymous = Bytes(Self.sum(of: ["inactive_anon", "active_anon"], in: stat))
        slab = Bytes(Self.sum(of: ["slab_reclaimable"], in: stat))
        // Lines such as `SwapFree:  1024 kB`: proc_meminfo(5).
        var room = Self.sum(of: ["SwapFree:"], in: machine) << 10
        if let swapMax = read("memory.swap.max").flatMap(Self.number) {
            let used = read("memory.swap.current").flatMap(Self.number) ?? 0
            room = min(room, swapMax - min(used, swapMax))
        }
        swapRoom = Bytes(room)
        stalled = Self.stalled(read("memory.pressure") ?? "")
    }

    /// Nil for `max`.
    private static func number(_ text: String) -> UInt64? {
        text.split(separator: "\n").first.flatMap { UInt64($0) }
    }

    private static func sum(of names: [Substring], in text: String) -> UInt64 {
        var sum: UInt64 = 0
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.count >= 2, names.contains(parts[0]) { sum &+= UInt64(parts[1]) ?? 0 }
        }
        return sum
    }

    /// `full avg10=0.00 avg60=0.00 avg300=0.00 total=12`.
    private static func stalled(_ text: String) -> UInt64 {
        for line in text.split(separator: "\n") where line.utf8.starts(with: "full ".utf8) {
            let last = line.split(separator: "=").last
            return last.flatMap { UInt64($0) } ?? 0
        }
        return 0
    }
}
