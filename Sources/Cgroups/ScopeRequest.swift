internal import CSystemd
internal import Plan

/// A transient scope to be made: systemd.scope(5).
struct ScopeRequest: Hashable, Sendable {
    let unit: String
    let description: String
    let process: Int32
    /// Only what can be enforced.
    let writes: [ControlWrite]

    static let slice = "bulkhead.slice"

    init(name: SandboxName, process: Int32, writes: [ControlWrite]) {
        unit = Self.unit(of: name)
        description = "Bulkhead sandbox \(name.text)"
        self.process = process
        self.writes = writes
    }

    /// A DNS label has no character that systemd.unit(5) would have escaped.
    static func unit(of name: SandboxName) -> String { "bulkhead-run-\(name.text).scope" }

    /// Calls `body` with the request as the C shim takes it, valid for that call only.
    func withC(_ body: (UnsafePointer<bh_scope>) -> Int64) -> Int64 {
        let devices = writes.filter { $0.controller == .io }.map { IOProperties($0) }
        return withCStrings([unit, description, Self.slice] + devices.map(\.device)) { strings in
            var scope = bh_scope()
            scope.unit = strings[0]
            scope.description = strings[1]
            scope.slice = strings[2]
            scope.pid = UInt32(process)
            scope.memory_max = number("memory.max")
            scope.memory_high = number("memory.high")
            scope.memory_swap_max = number("memory.swap.max")
            scope.tasks_max = number("pids.max")
            scope.cpu_weight = number("cpu.weight")
            scope.cpu_usec_per_sec = processorTime
            let io = zip(devices, strings.dropFirst(3)).map { $0.cValue(device: $1) }
            return io.withUnsafeBufferPointer { io in
                scope.io = io.baseAddress
                scope.io_count = io.count
                return body(&scope)
            }
        }
    }

    private func number(_ file: String) -> UInt64 {
        writes.first { $0.file == file }.flatMap { UInt64($0.value) } ?? UInt64.max
    }

    /// Microseconds of processor time a second.
    private var processorTime: UInt64 {
        guard let write = writes.first(where: { $0.file == "cpu.max" }) else { return UInt64.max }
        let parts = write.value.split(separator: " ").compactMap { UInt64($0) }
        return parts.count == 2 ? parts[0] * (1_000_000 / parts[1]) : UInt64.max
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
private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafePointer<CChar>]) -> Result
) -> Result {
    func next(_ rest: ArraySlice<String>, _ found: [UnsafePointer<CChar>]) -> Result {
        guard let first = rest.first else { return body(found) }
        return first.withCString { next(rest.dropFirst(), found + [$0]) }
    }
    return next(strings[...], [])
}
