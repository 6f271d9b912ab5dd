public import Audit
public import Plan

/// What happened in a span of time, summed up. It holds what it shows and no records, however many there
/// are. Only what is trusted is counted; of all else there is one line at the end.
public struct AuditReport {
    let since: Int64
    let until: Int64
    let project: ProjectName?

    var actions = Tally()
    var refused = Latest()
    var accessDenials = Tally()
    var callDenials = Tally()
    /// Refused as by a kernel that has not got them.
    var missingCalls = 0
    var limits = Tally()
    var ends = Tally()
    var restarts = Tally()
    var breakers = Tally()
    var outages: Outages
    var supervisor = Latest()
    var supervisorCounts = Tally()
    var quotas = Latest()
    var configurations = Latest()
    var chains: [String: ChainSum] = [:]
    var forged = Tally()
    var recordCount = 0

    /// What is seen of one chain; whether it is whole, only `verify` can say.
    struct ChainSum {
        /// All that were seen, also later than the window: what is missing in it is in none.
        var numbers = Spans()
        /// Of those in the window.
        var first = UInt64.max
        var last: UInt64 = 0
        var count = 0
        var repeated = 0
        var republished = 0
        var heads = 0
        var pruned = 0

        /// False for one that was there already.
        mutating func add(_ event: AuditEvent, isInWindow: Bool) -> Bool {
            let repeatedBefore = numbers.repeated
            numbers.insert(event.sequence)
            let isNew = numbers.repeated == repeatedBefore
            if !isInWindow { return isNew }
            if !isNew {
                repeated += 1
                return false
            }
            count += 1
            first = min(first, event.sequence)
            last = max(last, event.sequence)
            if event.isRepublished { republished += 1 }
            if event.kind == .auditHead { heads += 1 }
            if event.kind == .auditPruned { pruned += 1 }
            return true
        }
    }

    /// More chains than machines whose journals are read at once.
    static let chainsMax = 1_000

    /// - Parameters:
    ///   - since: microseconds since the epoch.
    ///   - until: likewise; what is later is left out.
    ///   - project: nil: all of them.
    public init(since: Int64, until: Int64, project: ProjectName?) {
        self.since = since
        self.until = until
        self.project = project
        outages = Outages(since: since)
    }

    /// The kinds of records that it has to be given also from before its beginning, to know how things
    /// were then.
    public static let kindsBefore: [AuditKind] = Outages.kinds

    /// Takes the next entry, in any order.
    public mutating func add(_ event: AuditEvent) {
        guard event.at >= since else {
            if event.isTrusted && isOfProject(event) { outages.add(event) }
            return
        }
        guard event.isTrusted else {
            if event.at <= until { forged.add([event.distrust?.text ?? ""], at: event.at) }
            return
        }
        // The chain is that of all projects.
        let isNew = count(event)
        guard isNew, event.at <= until, let kind = event.kind else { return }
        guard isOfProject(event) else { return }
        recordCount += 1
        sort(event, kind)
    }

    private func isOfProject(_ event: AuditEvent) -> Bool {
        project.map { event.text(AuditField.project) == $0.text } ?? true
    }

    /// False for one that was there already.
    private mutating func count(_ event: AuditEvent) -> Bool {
        let chain = event.text(AuditField.chain)
        if chains[chain] == nil && chains.count == Self.chainsMax { return true }
        // In place: a copy of what was seen for every record would be quadratic.
        return chains[chain, default: ChainSum()].add(event, isInWindow: event.at <= until)
    }

    private mutating func sort(_ event: AuditEvent, _ kind: AuditKind) {
        let project = event.text(AuditField.project)
        let at = event.at
        outages.add(event)
        switch kind {
        case .accessDenied:
            let what = event.text(AuditField.request)
            accessDenials.add(
                [event.person, what.isEmpty ? event.message : what], at: at, count: event.count,
                remark: event.subject)
        case .seccompDenied where event.priority > 5:
            missingCalls += event.count
        case .seccompDenied:
            callDenials.add(
                [project, event.text(AuditField.call)], at: at, count: event.count,
                remark: event.text(AuditField.command))
        case .memoryOOM, .memoryHigh, .pidsMax, .cpuThrottled, .ioThrottled, .diskFull,
            .inodesFull, .fdLimit, .logSuppressed:
            limits.add([event.subject, kind.rawValue], at: at, count: event.count)
        case .runEnded:
            let cause = event.text(AuditField.cause)
            // The second is of what failed or was made to end: priority 5.
            ends.add(
                [project, cause.isEmpty ? "not said" : cause], at: at,
                column: event.priority <= 5 ? 1 : 0, of: 2, remark: event.message)
        case .serviceRestarts: restarts.add([event.subject], at: at, remark: event.message)
        case .breakerOpened: breakers.add([event.subject], at: at, remark: event.message)
        case .supervisorStarted, .supervisorStopped, .supervisorCrashed:
            supervisorCounts.add([kind.rawValue], at: at)
            supervisor.add(at: at, event.sequence, [kind.rawValue, event.message])
        case .quotaChanged, .quotaUndone, .limitChanged:
            quotas.add(
                at: at, event.sequence,
                [
                    event.subject, event.text(AuditField.limit), event.text(AuditField.from),
                    event.text(AuditField.to), event.person, event.remark,
                ])
        case .configurationApplied, .configurationRefused:
            configurations.add(
                at: at, event.sequence,
                [kind.rawValue, event.text(AuditField.version), event.person, event.remark])
        case .controlFailed:
            // The action itself was counted when it was accepted.
            refused.add(
                at: at, event.sequence,
                [event.person, kind.rawValue, event.subject, event.message])
        default:
            guard kind.rawValue.utf8.starts(with: "control.".utf8) else { return }
            actions.add(
                [event.person, kind.rawValue], at: at, count: event.count,
                column: event.isRefused ? 1 : 0, of: 2,
                remark: event.text(AuditField.reason))
            if event.isRefused {
                refused.add(
                    at: at, event.sequence,
                    [event.person, kind.rawValue, event.subject, event.message])
            }
        }
    }
}

extension AuditEvent {
    /// Who, as one knows them: the name, and the number where there is one.
    fileprivate var person: String {
        let name = text(AuditField.actor)
        let user = text(AuditField.actorUser)
        if user.isEmpty || name == "uid \(user)" { return name }
        return name.isEmpty ? "uid \(user)" : "\(name) (uid \(user))"
    }

    var remark: String {
        let reason = text(AuditField.reason)
        return reason.isEmpty ? message : reason
    }
}
