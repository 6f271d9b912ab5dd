internal import Cgroups
internal import EventLoop
internal import JSONTree
internal import Launch
internal import Plan
internal import Quotas
internal import Supervision
internal import Syscalls
internal import Varlink

/// What `bulkhead quota show` shows: each limit as it should be and as the kernel has it.
extension Supervisor {
    func showQuotas(_ call: Call) throws {
        let only = try optionalProjectName(call)
        if let only, fleet.view(of: only) == nil { throw Failure.projectNotFound(only, self) }
        let projects = fleet.views.map(\.policy.name).filter { only == nil || $0 == only }
        call.reply(["quotas": .array(projects.map(quota))])
    }

    private func quota(of project: ProjectName) -> JSON {
        guard let policy = effectivePolicy(of: project) else { return .null }
        let sandbox = sandboxes[project]?.sandbox
        var limits = self.limits(
            QuotaTarget(project), policy.limits,
            sandbox.map { Found($0.limitsInForce(), $0.usage()) })
        for service in policy.services {
            let target = QuotaTarget(project, service.name)
            let run = runs.values.first {
                $0.project == project && $0.workload == service.name && $0.kind == .service
            }
            var found: Found?
            if let sandbox, let run {
                found = Found(sandbox.limitsInForce(of: run.id), sandbox.usage(of: run.id))
            }
            limits += self.limits(target, service.limits, found)
        }
        for task in policy.tasks {
            limits += self.limits(QuotaTarget(project, task.name), task.limits, nil)
        }
        return [
            "project": .string(project.text), "limits": .array(limits),
            "pressure": sandbox.map { json($0.sample().pressure) } ?? .array([]),
        ]
    }

    /// What the kernel says of one cgroup.
    private struct Found {
        let files: [String: String]
        let usage: CgroupUsage

        init(_ limits: [LimitInForce], _ usage: CgroupUsage) {
            var files: [String: String] = [:]
            for limit in limits { files[limit.file] = limit.value }
            self.files = files
            self.usage = usage
        }
    }

    private func limits(_ target: QuotaTarget, _ limits: Limits, _ found: Found?) -> [JSON] {
        var names = limits.names
        for row in quotas.overrides.all(of: target.project)
        where row.target == target && !names.contains(row.name) {
            names.append(row.name)
        }
        return names.map { limit(target, $0, limits[$0], found) }
    }

    private func limit(
        _ target: QuotaTarget, _ name: LimitName, _ value: LimitValue?, _ found: Found?
    ) -> JSON {
        let row = quotas.overrides[target, name]
        let wanted = QuotaStep.text(value, of: name)
        let inForce = found.flatMap { Self.inForce(name, $0.files) }
        let use = found.map { Self.use(name, $0.usage) }
        var alarm: String?
        if let reason = quotas.unsettled[target.project], inForce != wanted {
            alarm = reason
        } else if found != nil, Self.file(of: name) != nil, let value,
            inForce != Self.kept(value).text
        {
            alarm = inForce.map { "the kernel has \($0)" } ?? "this machine cannot enforce it"
        }
        return [
            "name": .string(name.text), "workload": target.workload.map { .string($0.text) },
            "unit": .string(name.unit.rawValue), "configured": .string(wanted),
            "source": .string(source(of: name, value, row)),
            "until_ms": row?.until.map { .integer(max(0, ($0 - loop.now) / 1_000)) },
            "in_force": inForce.map(JSON.string),
            "in_use": (use?.now).map(JSON.count), "peak": (use?.peak).map(JSON.count),
            "hits": (use?.hits).map(JSON.count), "alarm": alarm.map(JSON.string),
        ]
    }

    private func source(of name: LimitName, _ value: LimitValue?, _ row: QuotaOverride?) -> String {
        guard let row else { return Limits.standard[name] == value ? "default" : "configuration" }
        switch row.via {
        case .set, .reset, .expired, .persist, .undone: return "set"
        case .move: return "move"
        case .outside: return "outside"
        }
    }

    /// The kernel keeps whole pages of 4 KiB and cuts the rest off.
    private static func kept(_ value: LimitValue) -> LimitValue {
        guard case .bytes(let bytes) = value else { return value }
        return .bytes(Bytes(bytes.count & ~0xFFF))
    }

    // MARK: Control files

    private static func file(of name: LimitName) -> String? {
        switch name {
        case .memory: "memory.max"
        case .memoryHigh: "memory.high"
        case .swap: "memory.swap.max"
        case .cpu: "cpu.max"
        case .cpuWeight: "cpu.weight"
        case .pids: "pids.max"
        default: nil
        }
    }

    /// As a limit is written; nil where the kernel does not say.
    private static func inForce(_ name: LimitName, _ files: [String: String]) -> String? {
        guard let file = file(of: name), let text = files[file] else { return nil }
        if text.utf8.starts(with: "max".utf8) { return "max" }
        let numbers = text.split(separator: " ").compactMap { UInt64($0) }
        switch (name.unit, numbers.first, numbers.last) {
        case (.bytes, let bytes?, _): return Bytes(bytes).exactText
        case (.millicores, let quota?, let period?) where period > 0:
            return "\(CPUBandwidth(millicores: UInt32(clamping: quota * 1_000 / period)))"
        default: return text
        }
    }

    private static func use(
        _ name: LimitName, _ usage: CgroupUsage
    ) -> (now: UInt64?, peak: UInt64?, hits: UInt64?) {
        switch name {
        case .memory: (usage.memoryCurrent?.count, usage.memoryPeak?.count, usage.memory?.max)
        case .memoryHigh: (usage.memoryCurrent?.count, nil, usage.memory?.high)
        case .pids: (usage.pidsCurrent, usage.pidsPeak, usage.forksRefused)
        case .cpu: (nil, nil, usage.throttledPeriods)
        default: (nil, nil, nil)
        }
    }
}
