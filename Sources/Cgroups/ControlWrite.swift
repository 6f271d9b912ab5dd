internal import Plan

/// A line that is to be written to a control file of a cgroup.
struct ControlWrite: Hashable, Sendable {
    let controller: Controller
    let file: String
    let value: String
}

extension ControlWrite {
    /// No processors of its own: those of the cgroup above.
    static let allProcessors = ControlWrite(controller: .cpuset, file: "cpuset.cpus", value: "")

    /// What has to be written for `limits`, in the order in which it is written.
    ///
    /// `high` before `max` and the hard bounds before the weights: should a write fail in the
    /// middle, no looser limit is in force than the one that was asked for first.
    ///
    /// - Parameter devices: the block devices of `limits.io`, in its order.
    static func all(for limits: Limits, devices: [BlockDevice]) -> [ControlWrite] {
        var writes: [ControlWrite] = []
        func add(_ controller: Controller, _ file: String, _ value: String?) {
            guard let value else { return }
            writes.append(ControlWrite(controller: controller, file: file, value: value))
        }
        add(.memory, "memory.min", limits.memoryMin.map { "\($0.count)" })
        add(.memory, "memory.low", limits.memoryLow.map { "\($0.count)" })
        add(.memory, "memory.high", limits.memoryHigh.map { "\($0.count)" })
        add(.memory, "memory.max", limits.memoryMax.map { "\($0.count)" })
        add(.memory, "memory.swap.max", limits.swapMax.map { "\($0.count)" })
        add(.pids, "pids.max", limits.pidsMax.map { "\($0)" })
        add(.cpu, "cpu.max", limits.cpuMax.map(cpuMax))
        // The kernel takes no burst above the quota.
        add(.cpu, "cpu.max.burst", limits.cpuBurst.map { "\($0)" })
        add(.cpu, "cpu.weight", limits.cpuWeight.map { "\($0)" })
        add(.cpuset, "cpuset.cpus", limits.cpuSet.map { "\($0)" })
        add(.io, "io.weight", limits.ioWeight.map { "default \($0)" })
        for (limit, device) in zip(limits.io, devices) { add(.io, "io.max", ioMax(limit, device)) }
        for limit in limits.hugePages {
            add(.hugetlb, "hugetlb.\(limit.size.fileName).max", "\(limit.max.count)")
        }
        return writes
    }

    /// Whether systemd 252 has no property for it, so that it is written beside what systemd writes.
    var isBesideSystemd: Bool { file == "cpu.max.burst" || controller == .hugetlb }

    /// `QUOTA PERIOD` in microseconds. The kernel takes no quota below 1 ms, so a share below a
    /// hundredth of a processor is counted over a whole second instead of a tenth.
    private static func cpuMax(_ share: CPUBandwidth) -> String {
        let millicores = UInt64(share.millicores)
        return millicores < 10 ? "\(millicores * 1_000) 1000000" : "\(millicores * 100) 100000"
    }

    /// `MAJOR:MINOR key=value…`, nil where nothing is limited.
    private static func ioMax(_ limit: IOLimit, _ device: BlockDevice) -> String? {
        let entries = [
            ("rbps", limit.readBytesPerSecond?.count), ("wbps", limit.writeBytesPerSecond?.count),
            ("riops", limit.readOperationsPerSecond), ("wiops", limit.writeOperationsPerSecond),
        ].compactMap { key, value in value.map { "\(key)=\($0)" } }
        return entries.isEmpty ? nil : "\(device) " + entries.joined(separator: " ")
    }

    /// Whether `content`, read back from the file, says that this line is in force.
    func isInForce(in content: String) -> Bool {
        let lines = content.split(separator: "\n").map { $0.split(separator: " ") }
        switch controller {
        case .memory, .hugetlb:
            // The kernel keeps whole pages and cuts the rest off.
            guard let asked = UInt64(value), let found = lines.first?.first.flatMap({ UInt64($0) })
            else { return false }
            return found == asked / grain * grain
        case .cpuset:
            guard let asked = try? CPUSet(parsing: value, for: ""),
                let found = lines.first?.first.map(String.init)
            else { return false }
            return (try? CPUSet(parsing: found, for: "")) == asked
        case .io where file == "io.weight":
            return lines.contains { $0 == value.split(separator: " ") }
        case .cpu where file == "cpu.max.burst", .pids:
            return lines.first?.first.map(String.init) == value
        case .cpu where file == "cpu.weight": return lines.first?.first.map(String.init) == value
        case .cpu:
            // Another period with the same share is as good: systemd may choose one.
            let asked = value.split(separator: " ").compactMap { UInt64($0) }
            let found = (lines.first ?? []).compactMap { UInt64($0) }
            guard asked.count == 2, found.count == 2 else { return false }
            return asked[0].multipliedFullWidth(by: found[1])
                == found[0].multipliedFullWidth(by: asked[1])
        case .io:
            let asked = value.split(separator: " ")
            guard let device = asked.first,
                let line = lines.first(where: { $0.first == device })
            else { return false }
            return asked.dropFirst().allSatisfy(line.contains)
        }
    }
}

extension ControlWrite {
    /// What the kernel counts memory of this file in.
    private var grain: UInt64 {
        guard controller == .hugetlb else { return pageSize }
        // `hugetlb.2MB.max`
        let size = file.split(separator: ".").dropFirst().first?.dropLast() ?? ""
        return (try? HugePageSize(parsing: String(size), for: ""))?.bytes.count ?? pageSize
    }

    /// No swap may be used, and the machine has none: that is so without `memory.swap.max`, which
    /// kernels without swap accounting lack.
    func holdsWithoutFile(on files: HostFiles) -> Bool {
        guard file == "memory.swap.max", value == "0" else { return false }
        // A heading, then one line for each swap area: proc(5).
        guard let table = files.read("/proc/swaps") else { return !files.exists("/proc/swaps") }
        return table.split(separator: "\n").count <= 1
    }
}

/// Of x86-64.
private let pageSize: UInt64 = 4_096
