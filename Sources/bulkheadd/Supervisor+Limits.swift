internal import Audit
internal import Cgroups
internal import EventLoop
internal import Journal
internal import Launch
internal import Ledger
internal import Plan
internal import Quotas
internal import Supervision
internal import Syscalls

/// Limits as they hold: what is configured, with what holds in its place; put in force, and kept there.
extension Supervisor {
    /// The policy of a project with the limits that hold now, of its workloads too; nil where there is
    /// no such project.
    func effectivePolicy(of project: ProjectName) -> ProjectPolicy? {
        guard let policy = fleet.policy(of: project) else { return nil }
        let effective = quotas.overrides.effective(policy)
        return quotas.floors[project].map { $0.lowered(to: effective) } ?? effective
    }

    func effectiveLimits(of project: ProjectName) -> Limits {
        guard let policy = fleet.policy(of: project) else { return Limits() }
        if quotas.floors[project] != nil { return effectivePolicy(of: project)?.limits ?? Limits() }
        return quotas.overrides.limits(of: policy)
    }

    /// Of a service or a declared task.
    func effectiveLimits(of project: ProjectName, workload: WorkloadName) -> Limits {
        effectivePolicy(of: project)?.limits(of: workload) ?? Limits()
    }

    // MARK: In force

    /// Puts the limits that hold into force. Memory that is in use is taken away in stages, and nothing
    /// is killed for it: what cannot be done now is reported and tried again.
    func updateLimits(of project: ProjectName) {
        // It ends with the limits that hold then.
        if quotas.isBusy(project) { return }
        quotas.settling.removeValue(forKey: project)?.cancel()
        guard let policy = effectivePolicy(of: project) else { return }
        let goals = memoryGoals(of: project, to: policy)
        if goals.isEmpty { return settle(project) }
        do {
            // All the others need not wait.
            try putInForce(policy, except: goals)
            if let held = sandboxes[project] { limitsWillChange(of: held) }
            quotas.settling[project] = try MemoryShrink(
                goals, budget: QuotaRequest.budgetStandard, self
            ) { [unowned self] failure in
                quotas.settling[project] = nil
                if let failure {
                    // As it was above; what cannot be done now is tried again.
                    try? putInForce(policy, except: goals)
                    refuse(project, QuotaRefusal(failure.goal.target, failure.shortage).message)
                } else {
                    settle(project)
                }
            }
        } catch { refuse(project, host.text(error)) }
    }

    private func settle(_ project: ProjectName) {
        guard let policy = effectivePolicy(of: project) else { return }
        do {
            try putInForce(policy)
            quotas.unsettled[project] = volumes[project]?.refusal
        } catch { refuse(project, host.text(error)) }
    }

    /// The limits are not what they should be: tells it, once, and tries again later.
    func refuse(_ project: ProjectName, _ reason: String) {
        if quotas.unsettled.updateValue(reason, forKey: project) == nil {
            note(
                Report(
                    project: project, severity: .error, kind: "limits.refused",
                    text: "limits are not yet what they should be: \(reason)"))
        }
        quotas.retryAt = quotas.retryAt ?? loop.now + Self.retryMicroseconds
        armQuotaTimer()
    }

    private static let retryMicroseconds: Int64 = 30_000_000

    // MARK: Time

    /// Waits for the end of the next override, and for the next try.
    func armQuotaTimer() {
        let next = [quotas.overrides.nextEnd, quotas.retryAt].compactMap { $0 }.min()
        guard let next else { return quotas.timer?.disarm() ?? () }
        do throws(SystemCallError) {
            if quotas.timer == nil {
                quotas.timer = try loop.timer { [unowned self] in quotaTimePassed() }
            }
            quotas.timer?.set(at: max(next, loop.now))
        } catch {
            // The next change of a limit tries again.
            journal.report(host.diagnosis(of: error))
        }
    }

    private func quotaTimePassed() {
        if let retryAt = quotas.retryAt, retryAt <= loop.now {
            quotas.retryAt = nil
            for project in quotas.unsettled.keys.sorted() { updateLimits(of: project) }
            if !quotas.unsettled.isEmpty { quotas.retryAt = loop.now + Self.retryMicroseconds }
        }
        endOverrides()
        armQuotaTimer()
    }

    /// Those whose time is over: what stood before them holds again.
    private func endOverrides() {
        let over = quotas.overrides.over(at: loop.now).filter {
            !quotas.isBusy($0.target.project)
        }
        if over.isEmpty { return }
        var next = quotas.overrides
        do throws(LedgerError) {
            try ledger.transaction(.power) { changes throws(LedgerError) in
                let number = try changes.nextTransaction()
                for row in over {
                    try changes.append(ended(row, number), .quotaChanged)
                    if let beneath = row.beneath {
                        var standing = row
                        standing.value = beneath
                        standing.until = nil
                        standing.beneath = nil
                        standing.via = .expired
                        next.set(standing)
                        try changes.save(standing)
                    } else {
                        next.remove(row.target, row.name)
                        try changes.removeOverride(of: row.target, row.name)
                    }
                }
            }
        } catch {
            journal.report(error)
            quotas.retryAt = quotas.retryAt ?? loop.now + 1_000_000
            return
        }
        quotas.overrides = next
        for project in Set(over.map(\.target.project)).sorted() { updateLimits(of: project) }
    }

    private func ended(_ row: QuotaOverride, _ number: Int64) -> QuotaRecord {
        let configured = fleet.policy(of: row.target.project)?.limits(of: row.target.workload)
        let after = row.beneath ?? configured?[row.name]
        return QuotaRecord(
            transaction: number, at: realtimeNanoseconds(), target: row.target,
            name: row.name.text, from: QuotaStep.text(row.value, of: row.name),
            to: QuotaStep.text(after, of: row.name), actor: 0, via: .expired,
            reason: row.reason)
    }

    // MARK: Outside

    /// Somebody else changed a limit: the administrator has the last word, and it is written down, in the
    /// history of limits and, as `report`, once in the audit trail.
    func limitChangedOutside(_ target: QuotaTarget, _ change: LimitChange, _ report: Report) {
        let at = realtimeNanoseconds()
        let name = change.name
        let row = QuotaOverride(
            target, name, change.to ?? .unlimited, actor: 0, via: .outside, reason: "", at: at)
        do throws(LedgerError) {
            try ledger.transaction(.power) { changes throws(LedgerError) in
                let number = try changes.nextTransaction()
                try changes.save(row)
                try changes.append(
                    QuotaRecord(
                        transaction: number, at: at, target: target, name: name.text,
                        from: QuotaStep.text(change.from, of: name),
                        to: QuotaStep.text(change.to, of: name), actor: 0, via: .outside,
                        reason: ""))
                try write([.report(report)], of: fleet, to: changes)
            }
        } catch {
            journal.report(error)
            // It is written down when the ledger can be again.
            return note(report)
        }
        quotas.overrides.set(row)
        tellWatchers(report)
    }

    // MARK: Beginning

    /// What holds in place of the configuration since before this supervisor; what the last one was
    /// about to change and did not decide is taken back by putting in force what holds. Overrides of
    /// another boot are over.
    func restoreQuotas() throws(LedgerError) {
        quotas.overrides = Overrides(try ledger.overrides())
        let pending = Set(try ledger.pendingQuotas().map(\.transaction)).sorted()
        let over = try ledger.overridesOfOtherBoots()
        if pending.isEmpty && over.isEmpty { return }
        try ledger.transaction(.process) { changes throws(LedgerError) in
            for number in pending {
                try changes.finish(transaction: number)
                try changes.append(
                    AuditEntry(
                        .quotaUndone,
                        "quota transaction \(number) was not decided when the supervisor ended: "
                            + "its limits are as they were", origin: AuditOrigin(via: .supervisor)))
            }
            if over.isEmpty { return }
            try changes.forgetOverridesOfOtherBoots()
            let number = try changes.nextTransaction()
            for var record in over {
                record.transaction = number
                record.at = realtimeNanoseconds()
                record.to = configuredText(record)
                try changes.append(record, .quotaChanged)
            }
        }
    }

    /// What the configuration says of a limit, as it is told to people.
    private func configuredText(_ record: QuotaRecord) -> String {
        guard let name = try? LimitName(parsing: record.name, for: "limit") else { return "" }
        let limits = fleet.policy(of: record.target.project)?.limits(of: record.target.workload)
        return QuotaStep.text(limits?[name], of: name)
    }
}
