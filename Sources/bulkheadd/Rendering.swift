internal import Cgroups
internal import JSONTree
internal import Launch
internal import Ledger
internal import Plan
internal import Supervision
internal import Syscalls

/// What the interface says of projects, services and runs.
extension Supervisor {
    func json(_ view: ProjectView) -> JSON {
        let policy = fleet.policy(of: view.policy.name)
        let held = sandboxes[view.policy.name]
        let usage = held?.sandbox.usage()
        return [
            "name": .string(view.policy.name.text),
            "title": .string(policy?.title ?? view.policy.name.text),
            "path": .string(policy?.path ?? ""),
            "priority": .string(policy?.priority.rawValue ?? "normal"),
            "phase": .string(view.phase.rawValue),
            "reason": .string(view.reason),
            "ready": .bool(view.isReady),
            "dependencies": .array((policy?.dependencies ?? []).map { .string($0.text) }),
            "services": .array(view.services.map { json($0, held) }),
            "pid": held.map { .integer(Int64($0.sandbox.record.pid)) },
            "cgroup": held.map { .string($0.sandbox.record.cgroup) },
            "uptime_ms": view.upSince.map(age),
            "memory_bytes": (usage?.memoryCurrent?.count).map(JSON.count),
            "memory_max_bytes": (policy?.limits.memoryMax?.count).map(JSON.count),
            "cpu_us": (usage?.cpuTime).map(JSON.count),
            "processes": (usage?.pidsCurrent).map(JSON.count),
        ]
    }

    private func json(_ service: ServiceView, _ held: HeldSandbox?) -> JSON {
        let run = service.run.flatMap { runs[$0] }
        let usage = service.run.flatMap { held?.sandbox.usage(of: $0) }
        return [
            "name": .string(service.name.text),
            "phase": .string(service.phase.rawValue),
            "reason": .string(service.reason),
            "ready": .bool(service.isReady),
            "health": .string(service.health.rawValue),
            "run": service.run.map(JSON.number),
            "pid": (run?.pid).map { .integer(Int64($0)) },
            "uptime_ms": service.startedAt.map(age),
            "restarts": .integer(Int64(clamping: service.restarts)),
            "next_start_ms": service.dueAt.map {
                .integer(max(0, ($0.microseconds - now.microseconds) / 1_000))
            },
            "breaker": .string(service.breaker.rawValue),
            "memory_bytes": (usage?.memoryCurrent?.count).map(JSON.count),
            "processes": (usage?.pidsCurrent).map(JSON.count),
            "checks": .array(service.checks.map(json)),
        ]
    }

    private func json(_ check: CheckResult) -> JSON {
        [
            "purpose": .string(check.purpose.rawValue),
            "at_ms": .integer(
                realtimeNanoseconds() / 1_000_000
                    - (now.microseconds - check.at.microseconds) / 1_000),
            "passed": .bool(check.passed), "reason": .string(check.reason),
        ]
    }

    private func age(_ moment: Moment) -> JSON {
        .integer(max(0, (now.microseconds - moment.microseconds) / 1_000))
    }

    func json(_ row: RunRow) -> JSON {
        var pid: JSON?
        var status: JSON?
        var cause: JSON?
        let state: String
        switch row.state {
        case .intended: state = "intended"
        case .running(let number):
            state = "running"
            pid = .integer(Int64(number))
        case .refused(let reason):
            state = "refused"
            cause = .string(reason)
        case .ended(let end, let text):
            state = "ended"
            status = .integer(Int64(end.exitStatus))
            cause = .string(text)
        }
        return [
            "run": .number(row.id), "project": .string(row.project.text),
            "workload": .string(row.workload.text), "kind": .string(row.kind.rawValue),
            "command": .array(row.command.map(JSON.string)),
            "actor_uid": .integer(Int64(row.actor)), "state": .string(state), "pid": pid,
            "started_at_us": .integer(row.startedAt / 1_000),
            "ended_at_us": row.endedAt.map { .integer($0 / 1_000) },
            "exit_status": status, "cause": cause,
        ]
    }

    func json(_ version: ConfigurationVersion) -> JSON {
        [
            "version": .integer(version.number),
            "applied_at_us": .integer(version.appliedAt / 1_000),
            "actor_uid": .integer(Int64(version.actor)), "via": .string(version.via),
            "active": .bool(version.isActive), "projects": .integer(Int64(version.projects)),
            "summary": .string(version.summary),
        ]
    }
}

extension JSON {
    static func count(_ value: UInt64) -> JSON { .integer(Int64(clamping: value)) }
    static func number(_ run: RunID) -> JSON { .integer(Int64(clamping: run.rawValue)) }
}
