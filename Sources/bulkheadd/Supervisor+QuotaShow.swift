internal import Cgroups
internal import EventLoop
internal import JSONTree
internal import Launch
internal import Plan
internal import Quotas
internal import Supervision
internal import Syscalls
internal import Varlink
internal import Volumes

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
        var found = sandbox?.readings()
        found?.all += diskReadings(of: project)
        var limits = self.limits(QuotaTarget(project), policy.limits, found)
        for service in policy.services {
            let run = runs.values.first {
                $0.project == project && $0.workload == service.name && $0.kind == .service
                    && $0.isAnswered
            }
            limits += self.limits(
                QuotaTarget(project, service.name), service.limits,
                run.flatMap { sandbox?.readings(of: $0.id) })
        }
        for task in policy.tasks {
            limits += self.limits(QuotaTarget(project, task.name), task.limits, nil)
        }
        return [
            "project": .string(project.text), "limits": .array(limits),
            "pressure": sandbox.map { json($0.pressure()) } ?? .array([]),
        ]
    }

    private func limits(
        _ target: QuotaTarget, _ limits: Limits, _ found: LimitReadings?
    ) -> [JSON] {
        var names = limits.names
        for row in quotas.overrides.all(of: target.project)
        where row.target == target && !names.contains(row.name) {
            names.append(row.name)
        }
        return names.map { limit(target, $0, limits[$0], found?[$0]) }
    }

    private func limit(
        _ target: QuotaTarget, _ name: LimitName, _ value: LimitValue?, _ found: LimitReading?
    ) -> JSON {
        let row = quotas.overrides[target, name]
        return [
            "name": .string(name.text), "workload": target.workload.map { .string($0.text) },
            "unit": .string(name.unit.rawValue),
            "configured": .string(QuotaStep.text(value, of: name)),
            "source": .string(source(of: name, value, row)),
            "until_ms": row?.until.map { .integer(max(0, ($0 - loop.now) / 1_000)) },
            "in_force": (found?.inForce).map { .string($0.text) },
            "in_use": (found?.inUse).map(JSON.count), "peak": (found?.peak).map(JSON.count),
            "hits": (found?.hits).map(JSON.count),
            "alarm": found.flatMap { alarm(target, name, value, $0) }.map(JSON.string),
        ]
    }

    /// Why a limit that should be in force is not; nil where it is.
    private func alarm(
        _ target: QuotaTarget, _ name: LimitName, _ value: LimitValue?, _ found: LimitReading
    ) -> String? {
        let inForce = found.inForce == .unlimited ? nil : found.inForce
        guard let value = value.map(Self.kept) else {
            // What is usual holds where nothing is said; nobody says so of what can be unlimited.
            guard name.canBeUnlimited, let inForce else { return nil }
            return quotas.unsettled[target.project] ?? "the kernel has \(inForce)"
        }
        if inForce == value { return nil }
        if name == .disk || name == .inodes, let inForce, Self.isAsGood(inForce, as: value) {
            return nil
        }
        if let reason = quotas.unsettled[target.project] { return reason }
        if let inForce = found.inForce { return "the kernel has \(inForce)" }
        // Where there is no swap, the kernel has no file that forbids it.
        return name == .swap && value.number == 0 ? nil : "this machine cannot enforce it"
    }

    private func source(of name: LimitName, _ value: LimitValue?, _ row: QuotaOverride?) -> String {
        guard let row else { return Limits.standard[name] == value ? "default" : "configuration" }
        switch row.via {
        case .set, .reset, .expired, .booted, .persist, .undone: return "set"
        case .move: return "move"
        case .scheduler: return "scheduler"
        case .outside: return "outside"
        case .configured: return "configuration"
        }
    }

    /// What the kernel says of the limits of its storage.
    private func diskReadings(of project: ProjectName) -> [LimitReading] {
        guard let usage = diskUsage(of: project) else { return [] }
        return [
            LimitReading(
                .disk, inForce: usage.bytesMax.map { .bytes(Bytes($0)) } ?? .unlimited,
                inUse: usage.bytes),
            LimitReading(
                .inodes, inForce: usage.inodesMax.map { .count($0) } ?? .unlimited,
                inUse: usage.inodes),
        ]
    }

    /// Where a kernel counts nothing in an image, its size is the limit, which is not exact: two hundredths,
    /// and what file systems keep for themselves.
    private static func isAsGood(_ inForce: LimitValue, as value: LimitValue) -> Bool {
        let (found, wanted) = (inForce.number ?? 0, value.number ?? 0)
        return found >= wanted && found - wanted <= wanted / 50 + storageSlack
    }

    private static let storageSlack: UInt64 = 262_144

    /// The kernel keeps whole pages of 4 KiB and cuts the rest off.
    private static func kept(_ value: LimitValue) -> LimitValue {
        guard case .bytes(let bytes) = value else { return value }
        return .bytes(Bytes(bytes.count & ~0xFFF))
    }
}
