internal import Arguments
internal import Client
internal import JSONTree
internal import Plan
internal import Presentation

extension SupervisorCommand {
    /// `bulkhead quota`.
    ///
    /// - Returns: the exit status; 1 also where a limit that is shown is not in force.
    func quota(_ action: QuotaAction) throws(ClientError) -> Int32 {
        switch action {
        case .show(let target):
            let reply = try show(quotasOf: target?.project)
            let workload = target?.workload?.text
            let status = answer(reply) {
                quotaList($0, workload: workload, on: standardOutput())
            }
            return status == 0 && hasAlarm(reply, workload: workload) ? 1 : status
        case .change(let changes, let terms): return try change(changes.map(\.json), terms)
        case .reset(let target, let limits, let terms):
            var names = limits.map(\.text)
            if names.isEmpty {
                let reply = try show(quotasOf: target.project)
                names = changedLimits(reply, workload: target.workload?.text)
                if names.isEmpty {
                    return answer(["steps": []]) {
                        quotaSteps($0, isPlan: true, on: standardOutput())
                    }
                }
            }
            return try change(names.map { order(target, $0, "default") }, terms)
        case .history(let project, let limit):
            return try show(
                "QuotaHistory",
                ["project": project.map { .string($0.text) }, "limit": .integer(Int64(limit))],
                as: quotaHistory)
        }
    }

    private func show(quotasOf project: ProjectName?) throws(ClientError) -> JSON {
        try call("QuotaShow", ["project": project.map { .string($0.text) }])
    }

    private func change(_ changes: [JSON], _ terms: QuotaTerms) throws(ClientError) -> Int32 {
        let reply = try call(
            "QuotaSet",
            [
                "changes": .array(changes),
                "for_ms": terms.duration.map { .integer(Int64($0.count)) },
                "plan": terms.planOnly ? true : nil, "persist": terms.persists ? true : nil,
                "reason": terms.reason.map { .string($0) },
                "budget_ms": terms.budget.map { .integer(Int64($0.count)) },
            ])
        return answer(reply) { quotaSteps($0, isPlan: terms.planOnly, on: standardOutput()) }
    }
}

extension QuotaChange {
    fileprivate var json: JSON { order(target, limit.text, value) }
}

private func order(_ target: Target, _ limit: String, _ value: String) -> JSON {
    [
        "project": .string(target.project.text),
        "workload": target.workload.map { .string($0.text) }, "name": .string(limit),
        "value": .string(value),
    ]
}
