internal import Audit
internal import Configuration
internal import EventLoop
internal import Journal
internal import Ledger
internal import Plan
internal import Quotas
internal import Supervision
internal import Syscalls

/// Changes of limits that are made together or not at all.
///
/// First everything is lowered, which may be refused and may take seconds; then it is decided, in one
/// transaction of the ledger; then everything is raised. A supervisor that dies before the decision
/// leaves limits that are too low, one that dies after it leaves some that are too low as well: putting
/// in force what holds, which every start does, only ever raises.
final class QuotaTransaction {
    let plan: QuotaPlan
    let number: Int64
    let actor: UInt32
    /// What the caller asked for; nil where it was the scheduler, or time that was over.
    let action: ControlAction?
    /// Called once, when it is over: with why it was refused, or nil.
    fileprivate let whenDone: (QuotaTransaction, Failure?) -> Void
    /// While memory is taken away.
    var shrink: MemoryShrink?
    /// What held before it was decided, in place of the configuration.
    var overridesBefore = Overrides()
    /// The configuration's files before it made them others, and those; nil: it did not.
    var files: (before: [SourceFile], after: [SourceFile])?

    init(
        _ plan: QuotaPlan, number: Int64, actor: UInt32, action: ControlAction?,
        whenDone: @escaping (QuotaTransaction, Failure?) -> Void
    ) {
        self.plan = plan
        self.number = number
        self.actor = actor
        self.action = action
        self.whenDone = whenDone
    }
}

extension Supervisor {
    /// Begins it, or throws; `whenDone` is called when it is over, which may be before this returns.
    func begin(
        _ plan: QuotaPlan, actor: UInt32,
        whenDone: @escaping (QuotaTransaction, Failure?) -> Void
    ) throws {
        let isDispatching = schedule.isDispatching
        if !plan.request.isScheduled {
            schedule.isDispatching = true
            yieldSchedule(to: plan)
        }
        defer {
            schedule.isDispatching = isDispatching
            changeNext()
        }
        if let busy = plan.projects.first(where: { quotas.isBusy($0) }) {
            throw Failure(
                QuotaRefusal(
                    busy, "limits of \(busy) are being changed by somebody else",
                    hint: "try again in a moment"))
        }
        // What cannot come into force is refused before anything is touched.
        if plan.request.isPersistent { _ = try load(quotaFiles(of: plan).files) }
        // What the scheduler does is nobody's action, whoever is served at the moment.
        let action = plan.request.isScheduled ? nil : action
        let number = try withAction(action) { () throws(LedgerError) in
            try actionTransaction(.process) { changes throws(LedgerError) in
                let number = try changes.nextTransaction()
                try changes.begin(plan.records(transaction: number, actor: actor, now: 0, at: 0))
                return number
            }
        }
        let transaction = QuotaTransaction(
            plan, number: number, actor: actor, action: action, whenDone: whenDone)
        quotas.transactions.append(transaction)
        for project in plan.projects {
            quotas.settling.removeValue(forKey: project)?.cancel()
            quotas.floors[project] = plan.floor(of: project)
            if let held = sandboxes[project] { limitsWillChange(of: held) }
        }
        lower(transaction)
    }

    /// What a person wants goes before what the scheduler is at.
    private func yieldSchedule(to plan: QuotaPlan) {
        for other in quotas.transactions
        where other.plan.request.isScheduled && other.shrink != nil
            && plan.projects.contains(where: { other.plan.after[$0] != nil })
        {
            other.shrink?.cancel()
            other.shrink = nil
            takeBack(other, Failure.failed("a person changes limits of the same project"))
        }
    }

    private func lower(_ transaction: QuotaTransaction) {
        limitStorage(of: transaction.plan.storageProjects[...]) { [unowned self] failure in
            if let failure { return takeBack(transaction, failure) }
            lowerMemory(transaction)
        }
    }

    /// Puts the disk limits that hold into force, of one project after the other.
    private func limitStorage(
        of projects: ArraySlice<ProjectName>, then: @escaping (Failure?) -> Void
    ) {
        guard let project = projects.first else { return then(nil) }
        let limits = effectiveLimits(of: project)
        setVolumeLimits(of: project, disk: limits.disk, inodes: limits.inodes) {
            [unowned self] error in
            guard let error else { return limitStorage(of: projects.dropFirst(), then: then) }
            guard let refusal = error as? any Diagnosable else { return then(Failure(error)) }
            then(
                Failure(
                    QuotaRefusal(project, "\(project): \(refusal.message)", hint: refusal.hint)))
        }
    }

    private func lowerMemory(_ transaction: QuotaTransaction) {
        var goals: [MemoryShrink.Goal] = []
        for project in transaction.plan.projects {
            if let policy = effectivePolicy(of: project) {
                goals += memoryGoals(of: project, to: policy)
            }
        }
        if goals.isEmpty { return decide(transaction) }
        do throws(SystemCallError) {
            transaction.shrink = try MemoryShrink(
                goals, budget: transaction.plan.request.budget, self
            ) { [unowned self] failure in
                transaction.shrink = nil
                if let failure {
                    takeBack(
                        transaction,
                        Failure(QuotaRefusal(failure.goal.target, failure.shortage)))
                } else {
                    decide(transaction)
                }
            }
        } catch { takeBack(transaction, Failure.failed(error)) }
    }

    private func decide(_ transaction: QuotaTransaction) {
        let plan = transaction.plan
        do {
            for project in plan.projects {
                guard let policy = effectivePolicy(of: project) else {
                    throw Failure(
                        QuotaRefusal(project, "\(project) was removed meanwhile"))
                }
                try putInForce(policy)
            }
            // It may be a moment after its caller was served.
            try withAction(transaction.action) { try writeDown(transaction) }
        } catch { return takeBack(transaction, Failure(error)) }
        raise(transaction)
    }

    /// From here on it is done, whoever dies.
    private func writeDown(_ transaction: QuotaTransaction) throws {
        let plan = transaction.plan
        let now = loop.now
        let at = realtimeNanoseconds()
        let kept = plan.overrides(
            over: quotas.overrides, actor: transaction.actor, now: now, at: at)
        let records = plan.records(
            transaction: transaction.number, actor: transaction.actor, now: now, at: at)
        func write(_ changes: borrowing LedgerChanges) throws(LedgerError) {
            for row in kept.saved { try changes.save(row) }
            for step in kept.removed { try changes.removeOverride(of: step.target, step.name) }
            for record in records {
                try changes.append(
                    record, .quotaChanged, by: transaction.action?.origin,
                    for: plan.request.lasting)
            }
            try changes.finish(transaction: transaction.number)
        }
        let persistent = plan.request.isPersistent ? quotaFiles(of: plan) : nil
        transaction.overridesBefore = quotas.overrides
        if let persistent, persistent.files != active.files {
            let before = active.files
            defer {
                if active.files != before { transaction.files = (before, active.files) }
            }
            do {
                _ = try apply(
                    persistent.files, Applicant(user: transaction.actor, via: "quota"),
                    pending: persistent.pending,
                    summary: "limits of transaction \(transaction.number)", also: write)
            } catch  where active.files == persistent.files {
                // It is in force; the next start writes to the disk what could not be written now.
                journal.report(host.diagnosis(of: error))
            }
        } else {
            try actionTransaction(.power) { changes throws(LedgerError) in try write(changes) }
        }
        for row in kept.saved { quotas.overrides.set(row) }
        for step in kept.removed { quotas.overrides.remove(step.target, step.name) }
    }

    private func raise(_ transaction: QuotaTransaction) {
        for project in transaction.plan.projects { quotas.floors[project] = nil }
        limitStorage(of: transaction.plan.storageProjects[...]) { [unowned self] failure in
            release(transaction)
            if let failure { return undo(transaction, failure) }
            raiseOthers(transaction)
        }
    }

    private func raiseOthers(_ transaction: QuotaTransaction) {
        let projects = transaction.plan.projects
        do {
            for project in projects {
                quotas.unsettled[project] = nil
                guard let policy = effectivePolicy(of: project) else { continue }
                // A configuration that came meanwhile may want less than was lowered to.
                if memoryGoals(of: project, to: policy).isEmpty {
                    try putInForce(policy)
                } else {
                    updateLimits(of: project)
                }
            }
        } catch { return undo(transaction, Failure(error)) }
        armQuotaTimer()
        transaction.whenDone(transaction, nil)
    }

    /// It is over: what holds decides again.
    private func release(_ transaction: QuotaTransaction) {
        quotas.transactions.removeAll { $0 === transaction }
        for project in transaction.plan.projects { quotas.floors[project] = nil }
        // Less may be guaranteed now.
        admitWhoFits()
    }

    /// Nothing was decided: everything as it was. That only raises.
    private func takeBack(_ transaction: QuotaTransaction, _ failure: Failure) {
        release(transaction)
        do throws(LedgerError) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.finish(transaction: transaction.number)
            }
        } catch { journal.report(error) }
        for project in transaction.plan.projects { updateLimits(of: project) }
        armQuotaTimer()
        transaction.whenDone(transaction, failure)
    }

    /// It was decided and cannot be put in force: decides the opposite, in the configuration's files too.
    /// Where those are others by now, they stay, with what held before in place of what they say.
    private func undo(_ transaction: QuotaTransaction, _ failure: Failure) {
        let plan = transaction.plan
        let at = realtimeNanoseconds()
        var rows: [QuotaOverride] = []
        var gone: [QuotaStep] = []
        for step in plan.steps {
            if let row = transaction.overridesBefore[step.target, step.name] {
                rows.append(row)
            } else if let files = transaction.files, files.after != active.files {
                rows.append(
                    QuotaOverride(
                        step.target, step.name, step.before ?? .unlimited,
                        actor: transaction.actor, via: .undone, reason: plan.request.reason,
                        at: at))
            } else {
                gone.append(step)
            }
        }
        func write(_ changes: borrowing LedgerChanges) throws(LedgerError) {
            for row in rows { try changes.save(row) }
            for step in gone { try changes.removeOverride(of: step.target, step.name) }
            for step in plan.steps {
                let record = QuotaRecord(
                    transaction: transaction.number, at: at, target: step.target,
                    name: step.name.text, from: step.to, to: step.from,
                    actor: transaction.actor, via: .undone, reason: failure.line)
                try changes.append(record, .quotaUndone)
            }
        }
        do {
            if let files = transaction.files, files.after == active.files {
                try goBack(to: files.before, transaction, also: write)
            } else {
                try ledger.transaction(.power) { changes throws(LedgerError) in
                    try write(changes)
                }
            }
            for row in rows { quotas.overrides.set(row) }
            for step in gone { quotas.overrides.remove(step.target, step.name) }
        } catch { journal.report(host.diagnosis(of: error)) }
        for project in plan.projects { updateLimits(of: project) }
        armQuotaTimer()
        transaction.whenDone(transaction, failure)
    }

    private func goBack(
        to files: [SourceFile], _ transaction: QuotaTransaction,
        also: @escaping (borrowing LedgerChanges) throws(LedgerError) -> Void
    ) throws {
        let pending = transaction.plan.projects.map { project in
            let name = QuotaLayer.fileName(of: project)
            return PendingFile(name: name, content: files.first { $0.name == name }?.bytes)
        }
        do {
            _ = try apply(
                files, Applicant(user: transaction.actor, via: "quota"), pending: pending,
                summary: "limits of transaction \(transaction.number) taken back", also: also)
        } catch  where active.files == files {
            // As in `writeDown`.
            journal.report(host.diagnosis(of: error))
        }
    }
}
