internal import Cgroups
internal import Configuration
internal import EventLoop
internal import JSONTree
internal import Launch
internal import Plan
internal import Supervision
internal import Syscalls
internal import Varlink
internal import Volumes

/// `Stats`.
extension Supervisor {
    /// What may lie between two replies, in milliseconds: no reader may keep us busy for ever, nor be
    /// forgotten.
    private static let intervals: ClosedRange<Int64> = 100...3_600_000
    private static let intervalStandard: Int64 = 2_000

    func stats(_ call: Call) throws {
        let project = try optionalProjectName(call)
        if let project, fleet.view(of: project) == nil {
            throw Failure.projectNotFound(project, self)
        }
        let interval = call.parameters["interval_ms"]?.integer ?? Self.intervalStandard
        if !Self.intervals.contains(interval) {
            throw InvalidValue(
                "interval_ms", String(interval), "is not between 100 ms and an hour")
        }
        let follows = (call.parameters["follow"]?.bool ?? false) && call.wantsMore
        usageRounds?.add(
            UsageReader(
                call, project, interval: follows ? interval * 1_000 : nil, dueAt: loop.now))
    }

    /// What a project uses, or one of its runs; nil where that has ended meanwhile.
    func usage(of project: ProjectName, _ run: RunID?) -> JSON? {
        guard let view = fleet.view(of: project) else { return nil }
        let held = sandboxes[project]
        if let run {
            guard let known = runs[run], let held else { return nil }
            let service = view.services.first { $0.run == run }
            return json(
                held.sandbox.sample(of: run), project, known.workload, run,
                phase: service?.phase.rawValue ?? "running", restarts: service?.restarts ?? 0)
        }
        return json(
            held?.sandbox.sample() ?? CgroupSample(), project, nil, nil, phase: view.phase.rawValue,
            restarts: view.services.reduce(0) { $0 &+ $1.restarts })
    }

    /// Of a service without a run; nil where it has one again.
    func usage(ofIdle service: WorkloadName, in project: ProjectName) -> JSON? {
        guard let found = fleet.view(of: project)?.services.first(where: { $0.name == service }),
            found.run == nil
        else { return nil }
        return json(
            CgroupSample(), project, service, nil, phase: found.phase.rawValue,
            restarts: found.restarts)
    }

    private func json(
        _ sample: CgroupSample, _ project: ProjectName, _ workload: WorkloadName?, _ run: RunID?,
        phase: String, restarts: UInt64
    ) -> JSON {
        // All workloads share their project's volume.
        let disk = workload == nil ? diskUsage(of: project) : nil
        return [
            "project": .string(project.text), "workload": workload.map { .string($0.text) },
            "run": run.map(JSON.number), "phase": .string(phase),
            "cpu_us": .count(sample.cpuTime),
            "cpu_millicores_max": sample.cpuMax.map { .integer(Int64($0.millicores)) },
            "memory_bytes": .count(sample.memory?.count ?? 0),
            "memory_max_bytes": sample.memoryMax.map { .count($0.count) },
            "processes": .count(sample.processes ?? 0),
            "processes_max": sample.processesMax.map(JSON.count),
            "read_bytes": .count(sample.readBytes), "written_bytes": .count(sample.writtenBytes),
            "disk_bytes": disk.map { .count($0.bytes) },
            "disk_max_bytes": disk?.bytesMax.map(JSON.count),
            "restarts": .count(restarts), "pressure": json(sample.pressure),
        ]
    }

    func json(_ pressure: Pressure) -> JSON {
        var list: [JSON] = []
        for (name, stall) in [
            ("cpu", pressure.cpu), ("memory", pressure.memory), ("io", pressure.io),
        ] {
            guard let stall else { continue }
            list.append(
                [
                    "resource": .string(name), "some": .real(stall.some.percent),
                    "full": stall.full.map { .real($0.percent) },
                ])
        }
        return .array(list)
    }

    /// What of the machine is in use. A file that cannot be read is one that this kernel has not.
    func machineUsage() -> JSON {
        var load: [JSON] = []
        let averages = (try? readFile("/proc/loadavg")) ?? ""
        for word in averages.utf8.split(separator: UInt8(ascii: " ")).prefix(3) {
            if let value = Double(Substring(word)) { load.append(.real(value)) }
        }
        // `cpu.pressure` of a cgroup is `pressure/cpu` of the machine.
        let pressure = Pressure { name in
            try? readFile("/proc/pressure/\(name.prefix { $0 != "." })")
        }
        return [
            "processors": .integer(Int64(host.capacity.processors.millicores / 1_000)),
            "memory_bytes": .count(host.capacity.memory.count),
            "memory_available_bytes": .count(MachineCapacity.availableMemory().count),
            "load": .array(load), "pressure": json(pressure),
        ]
    }
}
