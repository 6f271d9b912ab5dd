internal import Audit
internal import Ledger
internal import Plan
internal import Quotas
internal import Supervision
internal import Syscalls

/// Limits that another configuration changes.
extension Supervisor {
    /// What holds now, and what will, of each limit that then is another: of the projects that there are
    /// already, for those that are new begin with theirs. What holds in place of the configuration stays.
    func limitChanges(to policies: [ProjectPolicy], by actor: UInt32) -> [QuotaRecord] {
        let at = realtimeNanoseconds()
        var records: [QuotaRecord] = []
        for policy in policies {
            guard let old = fleet.policy(of: policy.name),
                old.limitsByWorkload != policy.limitsByWorkload
            else { continue }
            let before = quotas.overrides.effective(old).limitsByWorkload
            let after = quotas.overrides.effective(policy).limitsByWorkload
            let workloads = Set(before.keys).union(after.keys)
            // The project's own first.
            for workload in workloads.sorted(by: { ($0?.text ?? "") < ($1?.text ?? "") }) {
                let (had, has) = (before[workload], after[workload])
                var names = had?.names ?? []
                for name in has?.names ?? [] where !names.contains(name) { names.append(name) }
                for name in names where had?[name] != has?[name] {
                    records.append(
                        QuotaRecord(
                            transaction: 0, at: at, target: QuotaTarget(policy.name, workload),
                            name: name.text, from: QuotaStep.text(had?[name], of: name),
                            to: QuotaStep.text(has?[name], of: name), actor: actor,
                            via: .configured, reason: ""))
                }
            }
        }
        return records
    }
}

extension LedgerChanges {
    /// Keeps what a configuration changes, as one change.
    borrowing func append(
        limitChanges records: [QuotaRecord], by origin: AuditOrigin
    ) throws(LedgerError) {
        if records.isEmpty { return }
        let number = try nextTransaction()
        for var record in records {
            record.transaction = number
            try append(record, .quotaChanged, by: origin)
        }
    }
}

extension ProjectPolicy {
    fileprivate var limitsByWorkload: [WorkloadName?: Limits] {
        var result: [WorkloadName?: Limits] = [nil: limits]
        for task in tasks { result[task.name] = task.limits }
        for service in services { result[service.name] = service.limits }
        return result
    }
}
