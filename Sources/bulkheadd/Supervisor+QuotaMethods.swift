internal import Configuration
internal import JSONTree
internal import Ledger
internal import Plan
internal import Quotas
internal import Supervision
internal import Syscalls
internal import Varlink

/// The methods about quotas.
extension Supervisor {
    func setQuota(_ call: Call) throws {
        let isOnlyPlanned = call.parameters["plan"]?.bool ?? false
        let plan = try quotaPlan(call, isOnlyPlanned: isOnlyPlanned)
        if isOnlyPlanned {
            return call.reply(["transaction": 0, "steps": .array(plan.steps.map(json))])
        }
        let action = action
        try begin(plan, actor: call.peer.user) { [unowned self] transaction, failure in
            if let failure {
                if let action { refuse(action, failure) }
                return call.fail(failure)
            }
            call.reply([
                "transaction": .integer(transaction.number),
                "steps": .array(transaction.plan.steps.map(json)),
            ])
        }
    }

    private func quotaPlan(_ call: Call, isOnlyPlanned: Bool) throws -> QuotaPlan {
        let parameters = call.parameters
        do {
            var changes: [QuotaRequest.Change] = []
            // One more than allowed is refused below.
            for item in (parameters["changes"]?.array ?? []).prefix(QuotaRequest.changesMax + 1) {
                changes.append(
                    try QuotaRequest.Change(
                        project: item["project"]?.string ?? "",
                        workload: item["workload"]?.string, name: item["name"]?.string ?? "",
                        value: item["value"]?.string ?? ""))
            }
            let request = try QuotaRequest(
                changes, lasting: try Self.milliseconds(parameters, "for_ms"),
                isPersistent: parameters["persist"]?.bool ?? false,
                budget: try Self.milliseconds(parameters, "budget_ms")
                    ?? QuotaRequest.budgetStandard,
                reason: parameters["reason"]?.string ?? "")
            // What is done finds out itself how much of a disk is used, and by what.
            var ground = quotaGround(try storageUse(isMeasured: isOnlyPlanned))
            if request.isPersistent { ground.standards = try standards(without: request) }
            return try QuotaPlan(request, on: ground)
        } catch let error as InvalidValue {
            let project = parameters["changes"]?.array?.first?["project"]?.string ?? ""
            throw Failure.quotaRefused(project, error.message, hint: error.hint)
        } catch let error as QuotaRefusal { throw Failure(error) }
    }

    /// What would be configured without the limits that are to be taken out of quotas.d.
    private func standards(
        without request: QuotaRequest
    ) throws -> [ProjectName: ProjectPolicy] {
        let resets = request.changes.filter { $0.order == .standard }
            .map { LayerEdit(target: $0.target, name: $0.name, limits: nil) }
        let next = try load(quotaFiles(resets).files)
        var found: [ProjectName: ProjectPolicy] = [:]
        for policy in next.projects { found[policy.name] = policy }
        return found
    }

    private static func milliseconds(
        _ parameters: JSON, _ name: String
    ) throws(InvalidValue) -> Milliseconds? {
        guard let value = parameters[name]?.integer else { return nil }
        guard let count = UInt64(exactly: value) else {
            throw InvalidValue(name, "\(value)", "is less than nothing")
        }
        return Milliseconds(count)
    }

    func quotaGround(_ storage: [ProjectName: QuotaGround.Storage]) -> QuotaGround {
        QuotaGround(
            policies: fleet.names.compactMap { fleet.policy(of: $0) },
            overrides: quotas.overrides, memory: host.capacity.memory,
            processors: host.capacity.processors, live: Set(sandboxes.keys),
            storage: storage)
    }

    func json(_ step: QuotaStep) -> JSON {
        [
            "project": .string(step.target.project.text),
            "workload": step.target.workload.map { .string($0.text) },
            "name": .string(step.name.text), "from": .string(step.from), "to": .string(step.to),
            "how": .string(step.manner),
        ]
    }

    // MARK: History

    func quotaHistory(_ call: Call) throws {
        let only = try optionalProjectName(call)
        let limit = call.parameters["limit"]?.integer ?? 20
        let records = try ledger.quotaHistory(
            of: only, limit: Int(clamping: max(1, min(limit, 1_000))))
        call.reply(["records": .array(records.map(json))])
    }

    private func json(_ record: QuotaRecord) -> JSON {
        // The end is kept on the clock that does not jump, and told on the one that people read.
        let now = realtimeNanoseconds() / 1_000 - monotonicMicroseconds()
        return [
            "transaction": .integer(record.transaction), "at_us": .integer(record.at / 1_000),
            "project": .string(record.target.project.text),
            "workload": record.target.workload.map { .string($0.text) },
            "name": .string(record.name), "from": .string(record.from),
            "to": .string(record.to), "actor_uid": .integer(Int64(record.actor)),
            "via": .string(record.via.rawValue), "reason": .string(record.reason),
            "until_us": record.until.map { .integer(now + $0) },
        ]
    }

    // MARK: The configuration

    /// A limit of quotas.d that becomes another one.
    private struct LayerEdit {
        let target: QuotaTarget
        let name: LimitName
        /// All that the target has then; nil: the limit is taken out.
        let limits: Limits?
    }

    /// The configuration's files with the limits that a plan makes part of it.
    func quotaFiles(of plan: QuotaPlan) -> (files: [SourceFile], pending: [PendingFile]) {
        quotaFiles(
            plan.steps.map { step in
                let after = plan.after[step.target.project]?.limits(of: step.target.workload)
                return LayerEdit(
                    target: step.target, name: step.name, limits: step.isReset ? nil : after)
            })
    }

    private func quotaFiles(
        _ edits: [LayerEdit]
    ) -> (files: [SourceFile], pending: [PendingFile]) {
        var files = active.files
        var pending: [PendingFile] = []
        for project in Set(edits.map(\.target.project)).sorted() {
            let old = active.configuration.quotaLayers[project]
            var layer = old ?? QuotaLayer()
            let tasks = fleet.policy(of: project)?.tasks ?? []
            for edit in edits where edit.target.project == project {
                layer.set(
                    edit.name, of: edit.target.workload,
                    isTask: tasks.contains { $0.name == edit.target.workload },
                    to: edit.limits ?? Limits(), isReset: edit.limits == nil)
            }
            if layer == old || (old == nil && layer.isEmpty) { continue }
            let name = QuotaLayer.fileName(of: project)
            files.removeAll { $0.name == name }
            let bytes = layer.isEmpty ? nil : Array(layer.text(of: project).utf8)
            if let bytes { files.append(SourceFile(name: name, bytes: bytes)) }
            pending.append(PendingFile(name: name, content: bytes))
        }
        return (SourceFile.inOrder(files), pending)
    }
}

extension Failure {
    init(_ refusal: QuotaRefusal) {
        self = .quotaRefused(
            refusal.project.text, refusal.message, hint: refusal.hint, shortage: refusal.shortage)
    }
}
