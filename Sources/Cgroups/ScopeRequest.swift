internal import CSystemd
internal import Plan

/// A transient scope to be made: systemd.scope(5).
struct ScopeRequest: Hashable, Sendable {
    let unit: String
    let description: String
    let slice: String
    /// The slice is made with it, and the limits are the slice's.
    let makesSlice: Bool
    let process: Int32
    /// Only what can be enforced.
    let writes: [ControlWrite]

    /// The slice of everything that Bulkhead makes.
    static let slice = "bulkhead.slice"

    init(name: SandboxName, process: Int32, writes: [ControlWrite]) {
        unit = Self.unit(of: name)
        description = "Bulkhead sandbox \(name.text)"
        slice = Self.slice
        makesSlice = false
        self.process = process
        self.writes = writes
    }

    init(project: ProjectName, process: Int32, writes: [ControlWrite]) {
        let units = ProjectUnits(project)
        unit = units.scope
        description = "Bulkhead project \(project.text)"
        slice = units.slice
        makesSlice = true
        self.process = process
        self.writes = writes
    }

    /// A DNS label has no character that systemd.unit(5) would have escaped.
    static func unit(of name: SandboxName) -> String { "bulkhead-run-\(name.text).scope" }

    /// Calls `body` with the request as the C shim takes it, valid for that call only.
    func withC(_ body: (UnsafePointer<bh_scope>) -> Int64) -> Int64 {
        withCStrings([unit, description, slice]) { strings in
            withCLimits(writes) { limits in
                var scope = bh_scope()
                scope.unit = strings[0]
                scope.description = strings[1]
                scope.slice = strings[2]
                scope.makes_slice = makesSlice ? 1 : 0
                scope.pid = UInt32(process)
                scope.limits = limits.pointee
                return body(&scope)
            }
        }
    }
}

/// What systemd calls what a project has.
struct ProjectUnits: Hashable, Sendable {
    /// Has the limits: `bulkhead-shop.slice`.
    let slice: String
    /// Has the processes, below the slice: `bulkhead-shop.scope`.
    let scope: String

    init(_ project: ProjectName) {
        slice = "bulkhead-\(project.unitPart).slice"
        scope = "bulkhead-\(project.unitPart).scope"
    }
}

/// Calls `body` with limits as the C shim takes them, valid for that call only.
func withCLimits(
    _ writes: [ControlWrite], _ body: (UnsafePointer<bh_unit_limits>) -> Int64
) -> Int64 {
    func number(_ file: String) -> UInt64 {
        writes.first { $0.file == file }.flatMap { UInt64($0.value) } ?? UInt64.max
    }
    /// Microseconds of processor time a second.
    func processorTime() -> UInt64 {
        guard let write = writes.first(where: { $0.file == "cpu.max" }) else { return UInt64.max }
        let parts = write.value.split(separator: " ").compactMap { UInt64($0) }
        return parts.count == 2 ? parts[0] * (1_000_000 / parts[1]) : UInt64.max
    }
    func ioWeight() -> UInt64 {
        let write = writes.first { $0.file == "io.weight" }
        return write.flatMap { UInt64($0.value.dropFirst("default ".utf8.count)) } ?? UInt64.max
    }
    /// A bit for each processor.
    func processors() -> [UInt8] {
        guard let write = writes.first(where: { $0.file == "cpuset.cpus" }),
            let set = try? CPUSet(parsing: write.value, for: "")
        else { return [] }
        var bits = [UInt8](repeating: 0, count: Int(set.highest) / 8 + 1)
        for range in set.ranges {
            for number in range { bits[Int(number) / 8] |= 1 << (number % 8) }
        }
        return bits
    }
    let devices = writes.filter { $0.file == "io.max" }.map { IOProperties($0) }
    let cpus = processors()
    return withCStrings(devices.map(\.device)) { strings in
        var limits = bh_unit_limits()
        limits.memory_min = number("memory.min")
        limits.memory_low = number("memory.low")
        limits.memory_max = number("memory.max")
        limits.memory_high = number("memory.high")
        limits.memory_swap_max = number("memory.swap.max")
        limits.tasks_max = number("pids.max")
        limits.cpu_weight = number("cpu.weight")
        limits.cpu_usec_per_sec = processorTime()
        limits.io_weight = ioWeight()
        let io = zip(devices, strings).map { $0.cValue(device: $1) }
        return io.withUnsafeBufferPointer { io in
            cpus.withUnsafeBufferPointer { cpus in
                limits.io = io.baseAddress
                limits.io_count = io.count
                limits.cpus = cpus.baseAddress
                limits.cpus_size = cpus.count
                return body(&limits)
            }
        }
    }
}

/// One line of `io.max` as properties of a unit.
private struct IOProperties {
    let device: String
    private let values: [Substring: UInt64]

    init(_ write: ControlWrite) {
        let parts = write.value.split(separator: " ")
        // udev makes these links for every block device.
        device = "/dev/block/\(parts[0])"
        values = Dictionary(
            uniqueKeysWithValues: parts.dropFirst().map { entry in
                let pair = entry.split(separator: "=")
                return (pair[0], UInt64(pair[1]) ?? UInt64.max)
            })
    }

    func cValue(device: UnsafePointer<CChar>) -> bh_scope_io {
        bh_scope_io(
            device: device, read_bytes: values["rbps"] ?? UInt64.max,
            write_bytes: values["wbps"] ?? UInt64.max,
            read_operations: values["riops"] ?? UInt64.max,
            write_operations: values["wiops"] ?? UInt64.max)
    }
}

/// Calls `body` with each string as C has it.
func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafePointer<CChar>]) -> Result
) -> Result {
    func next(_ rest: ArraySlice<String>, _ found: [UnsafePointer<CChar>]) -> Result {
        guard let first = rest.first else { return body(found) }
        return first.withCString { next(rest.dropFirst(), found + [$0]) }
    }
    return next(strings[...], [])
}
