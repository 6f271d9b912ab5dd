internal import JSONTree
internal import Ledger
internal import Plan
internal import Quotas
internal import Scheduling
internal import Supervision
internal import Syscalls
internal import Varlink

/// `Why`: why a project waits, stands still, is slow or has less than it wants.
extension Supervisor {
    /// From this share of time on it is told that tasks stall.
    private static let stallLeast = 0.05
    private static let recordsMax = 3

    func why(_ call: Call) throws {
        let project = try projectName(call)
        guard let view = fleet.view(of: project) else {
            throw Failure.projectNotFound(project, self)
        }
        var lines = waiting(project) + preempted(project, view) + wanted(project)
        if isScheduled(project) {
            lines += shares(of: project) + stalls(of: project)
        } else if lines.isEmpty {
            lines = [
                "it is \(view.phase.rawValue)" + (view.reason.isEmpty ? "" : ": \(view.reason)")
            ]
        }
        if let reason = quotas.unsettled[project] {
            lines.append("its limits are not yet what they should be: \(reason)")
        }
        if let refusal = schedule.customRefusal {
            lines.append(
                "priority_based decides in place of \(strategy.text), which is not followed: "
                    + refusal)
        }
        for record in try ledger.scheduleHistory(of: project, limit: Self.recordsMax) {
            lines.append(
                "last changed for \(record.cause): \(record.change): \(record.reason)"
                    + (record.outcome == "done" ? "" : "; \(record.outcome)"))
        }
        call.reply([
            "project": .string(project.text), "phase": .string(view.phase.rawValue),
            "strategy": .string(strategy.text), "lines": .array(lines.map(JSON.string)),
        ])
    }

    private func waiting(_ project: ProjectName) -> [String] {
        for each in admissions() where each.entry.project == project {
            guard case .waits(let ahead, let shortage) = each.verdict else { continue }
            return ["it waits for room, with \(ahead) before it: \(Self.text(shortage))"]
        }
        return []
    }

    private func preempted(_ project: ProjectName, _ view: ProjectView) -> [String] {
        switch view.preemption {
        case .resting, .frozen: ["it stands still, \(view.reason)"]
        case .stopped: ["it is stopped, \(view.reason)"]
        case .none:
            schedule.ladder.rung(of: project) == .squeezed
                ? [
                    "it is squeezed: the machine stalled, and it is to use less memory and "
                        + "processor time until that is over"
                ] : []
        }
    }

    private func wanted(_ project: ProjectName) -> [String] {
        var lines: [String] = []
        if fleet.isAwake(project) {
            lines.append("it runs outside its work hours since an operator wants it to")
        }
        if fleet.isSpared(project) {
            lines.append(
                "nothing is taken from it since an operator wants it to run, until the machine is "
                    + "at ease")
        }
        return lines
    }

    private func shares(of project: ProjectName) -> [String] {
        guard let share = schedule.scheduler?.share(of: project) else {
            return ["nothing was decided for it yet"]
        }
        func line(_ resource: Resource, _ reason: Reason) -> String {
            "\(resource): wants \(Self.text(share.demand[resource], of: resource)), gets "
                + "\(Self.text(share.allocation[resource], of: resource)): \(reason.text)"
        }
        var lines = [line(.cpu, share.cpuReason), line(.memory, share.memoryReason)]
        if let limit = share.memoryLimit {
            lines.append("its memory limit is \(Bytes(limit)): \(share.limitReason.text)")
        }
        if share.demand[.slots] > 0 { lines.append(line(.slots, share.slotsReason)) }
        return lines
    }

    private func stalls(of project: ProjectName) -> [String] {
        guard let use = schedule.uses[project] else { return [] }
        var lines: [String] = []
        func stall(_ part: Double, _ what: String) {
            if part < Self.stallLeast { return }
            lines.append(
                "some of its tasks waited for \(what) in \(Int(part * 100 + 0.5)) % of the last "
                    + "\(use.milliseconds / 1_000) s")
        }
        stall(use.pressure.cpu, "a processor")
        stall(use.pressure.memory, "memory")
        stall(use.pressure.io, "I/O")
        if use.kills > 0 {
            lines.append(
                "\(use.kills) of its processes were killed at its memory limit in the last "
                    + "\(use.milliseconds / 1_000) s")
        }
        return lines
    }
}
