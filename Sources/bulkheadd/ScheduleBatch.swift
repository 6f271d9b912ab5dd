internal import Journal
internal import Ledger
internal import Plan
internal import Quotas
internal import Scheduling
internal import Supervision
internal import Syscalls

/// One limit that the scheduler wants to be another one.
struct ScheduleChange {
    let project: ProjectName
    let name: LimitName
    let from: LimitValue?
    /// Nil: what the configuration says.
    let to: LimitValue?
    let reason: String

    var text: String {
        let before = from.map(\.text) ?? (name.canBeUnlimited ? "max" : "default")
        return "\(name) \(before) → \(to?.text ?? "as configured")"
    }
}

/// Changes that are made in one transaction.
struct ScheduleBatch {
    let decision: Int64
    let cause: String
    let strategy: String
    var changes: [ScheduleChange]

    /// The cause, in words for a person.
    var why: String {
        switch cause {
        case "configuration": "the configuration is another one"
        case "ease": "the machine is not short any more"
        case "hours": "work hours began or ended"
        case "interval": "it was time to divide anew"
        case "join": "a project came"
        case "leave": "a project went"
        case "memory": "a project came close to its limit on memory"
        case "operator": "an operator wants it"
        case "pressure": "the machine is short"
        case "start": "the supervisor began"
        default: cause
        }
    }

    var projects: [ProjectName] {
        var seen: Set<ProjectName> = []
        return changes.map(\.project).filter { seen.insert($0).inserted }
    }
}

/// Decisions become transactions, one after the other, and what became of each is written down.
extension Supervisor {
    /// Each is a few writes to control files, or a message to systemd: milliseconds for all of these.
    private static let changesAtOnceMax = 32

    /// How long memory may be taken away from a project for the scheduler's sake: what does not go in that
    /// time is tried again with a later decision.
    private static let shrinkBudget = Milliseconds(2_000)

    /// What only grows or weighs comes first and together; each taking away of memory stands alone, since
    /// it may be refused.
    func enqueue(_ changes: [ScheduleChange], _ cause: String) {
        if changes.isEmpty { return }
        let number: Int64
        do throws(LedgerError) {
            number = try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.nextDecision()
            }
        } catch { return journal.report(error) }
        func batch(_ changes: [ScheduleChange]) -> ScheduleBatch {
            ScheduleBatch(
                decision: number, cause: cause, strategy: strategy.text, changes: changes)
        }
        let (shrinking, others) = (
            changes.filter(\.takesMemory), changes.filter { !$0.takesMemory }
        )
        var rest = others[...]
        while !rest.isEmpty {
            schedule.batches.append(batch(Array(rest.prefix(Self.changesAtOnceMax))))
            rest = rest.dropFirst(Self.changesAtOnceMax)
        }
        for change in shrinking { schedule.batches.append(batch([change])) }
        changeNext()
    }

    /// Others are served before.
    func changeNext() {
        if isBusyChanging || due.contains(.change) { return }
        doLater(.change)
    }

    private var isBusyChanging: Bool {
        schedule.isDispatching || schedule.isChanging || schedule.batches.isEmpty
    }

    func changeSome() {
        if isBusyChanging { return }
        let batch = schedule.batches.removeFirst()
        schedule.isChanging = true
        schedule.isDispatching = true
        carryOut(batch)
        schedule.isDispatching = false
        changeNext()
    }

    private func carryOut(_ batch: ScheduleBatch) {
        // What a person has set meanwhile stays.
        let changes = batch.changes.filter { change in
            fleet.policy(of: change.project) != nil
                && !quotas.isSetByPerson(change.project, change.name)
                && !quotas.isBusy(change.project)
        }
        if changes.isEmpty {
            schedule.isChanging = false
            return
        }
        do {
            var request = try QuotaRequest(
                changes.map { change in
                    QuotaRequest.Change(
                        QuotaTarget(change.project), change.name,
                        change.to.map { .set($0) } ?? .standard)
                }, budget: Self.shrinkBudget,
                reason: "\(batch.strategy.suffix(80)), since \(batch.why.prefix(200))")
            request.isScheduled = true
            let plan = try QuotaPlan(request, on: quotaGround([:]))
            try begin(plan, actor: 0) { [unowned self] _, failure in
                carriedOut(batch, changes, failure)
            }
        } catch { carriedOut(batch, changes, Failure(error)) }
    }

    private func carriedOut(
        _ batch: ScheduleBatch, _ changes: [ScheduleChange], _ failure: Failure?
    ) {
        schedule.isChanging = false
        let projects = batch.projects
        if failure != nil, projects.count > 1 {
            // Who is refused shall be the only one.
            var alone: [ScheduleBatch] = []
            for project in projects {
                var part = batch
                part.changes = changes.filter { $0.project == project }
                alone.append(part)
            }
            schedule.batches = alone + schedule.batches
        } else {
            record(batch, changes, failure.map { "refused: \($0.line)" } ?? "done")
        }
        changeNext()
    }

    private func record(
        _ batch: ScheduleBatch, _ changes: [ScheduleChange], _ outcome: String
    ) {
        let at = realtimeNanoseconds()
        do throws(LedgerError) {
            try ledger.transaction(.process) { ledger throws(LedgerError) in
                for project in batch.projects {
                    let own = changes.filter { $0.project == project }
                    if own.isEmpty { continue }
                    try ledger.append(
                        ScheduleRecord(
                            decision: batch.decision, at: at, cause: batch.cause,
                            strategy: batch.strategy, project: project,
                            change: commaSeparated(own.map(\.text)),
                            reason: own[0].reason, outcome: outcome))
                }
            }
        } catch { journal.report(error) }
    }
}

extension ScheduleChange {
    /// Whether there has to be less in use before.
    var takesMemory: Bool {
        guard name == .memory || name == .memoryHigh else { return false }
        // Back to what is configured may be less than a limit that grew.
        guard let to else { return name == .memory }
        return !name.grows(from: from, to: to)
    }
}
