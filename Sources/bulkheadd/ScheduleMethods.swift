internal import Audit
internal import Configuration
internal import EventLoop
internal import JSONTree
internal import Journal
internal import Ledger
internal import Plan
internal import Quotas
internal import Scheduling
internal import Supervision
internal import Syscalls
internal import Varlink

/// The methods about who gets what.
extension Supervisor {
    func serveSchedule(
        _ method: (String, @escaping (Call) throws -> Void) -> Void,
        _ action: (String, AuditKind, @escaping (Call) throws -> Void) -> Void
    ) {
        method("ScheduleShow") { [unowned self] call in try showSchedule(call) }
        action("ScheduleStrategy", .controlScheduleStrategy) { [unowned self] call in
            try chooseStrategy(call)
        }
        method("ScheduleHistory") { [unowned self] call in try scheduleHistory(call) }
        method("ScheduleSamples") { [unowned self] call in try scheduleSamples(call) }
        action("Optimize", .controlScheduleDecide) { [unowned self] call in try optimize(call) }
        method("Why") { [unowned self] call in try why(call) }
        method("Advise") { [unowned self] call in try advise(call) }
        method("Queue") { [unowned self] call in
            let most = active.configuration.global.maxConcurrentProjects
            call.reply([
                "waiting": .array(waitingList()), "running": .integer(Int64(admittedCount)),
                "running_max": most.map { .integer(Int64($0)) },
            ])
        }
    }

    private var admittedCount: Int { fleet.places.count { $0.admission == .admitted } }

    func waitingList() -> [JSON] {
        let now = monotonicMicroseconds() / 1_000
        var ahead: Int64 = 0
        return admissions().map { waiting in
            let entry = waiting.entry
            var why = "there is room: it starts now"
            if case .waits(let before, let shortage) = waiting.verdict {
                ahead = Int64(before)
                why = Self.text(shortage)
            }
            return [
                "project": .string(entry.project.text),
                "priority": .string(entry.priority.rawValue),
                "waited_ms": .integer(max(0, now - entry.arrival)), "ahead": .integer(ahead),
                "why": .string(why), "guarantee": Self.json(entry.guarantee),
            ]
        }
    }

    // MARK: Showing

    private func showSchedule(_ call: Call) throws {
        var scheduler = try synchronizedScheduler()
        // Nothing may have been decided yet, or something has changed since.
        let seconds = realtimeNanoseconds() / 1_000_000_000
        let fresh = scheduler.decide(
            at: monotonicMicroseconds() / 1_000, minuteOfWeek: MachineWeek.minute(at: seconds))
        let decision = schedule.decision ?? fresh
        let pressure = schedule.pressure
        call.reply([
            "strategy": .string(strategy.text), "chosen": .bool(schedule.chosen != nil),
            "refusal": schedule.customRefusal.map { .string($0) },
            "decided_at_us": schedule.decision == nil
                ? nil : .integer(schedule.decidedAt / 1_000),
            "fairness": .real(decision.fairness), "efficiency": .real(decision.efficiency),
            "running": .integer(Int64(decision.running)),
            "capacity": Self.json(scheduler.capacity),
            "allocated": Self.json(decision.allocated), "demanded": Self.json(decision.demanded),
            "pressure": [
                "cpu": .real(pressure.cpu * 100), "memory": .real(pressure.memory * 100),
                "io": .real(pressure.io * 100),
            ],
            "waiting": .integer(Int64(schedule.waiting.count)),
            "shares": .array(scheduler.shares.map { json($0, scheduler.subject($0.name)) }),
        ])
    }

    private func json(_ share: Decision.Share, _ subject: Subject?) -> JSON {
        let project = share.name
        let use = schedule.uses[project]
        return [
            "project": .string(project.text),
            "priority": .string(subject?.priority.rawValue ?? ""),
            "running": .bool(subject?.isRunning ?? false),
            "guarantee": Self.json(subject?.guarantee ?? .zero),
            "limit": Self.json((subject?.limit ?? .zero).limited(to: scheduledCapacity)),
            "use": use.map {
                Self.json(
                    Amounts(
                        cpu: $0.cpu, memory: $0.memory, disk: $0.disk, slots: $0.slots))
            },
            "demand": Self.json(share.demand), "allocation": Self.json(share.allocation),
            "entitlement": Self.json(share.entitlement),
            "cpu_weight": .integer(Int64(share.cpuWeight)),
            "memory_low": .count(share.memoryLow),
            "memory_limit": share.memoryLimit.map(JSON.count),
            "slots": .integer(Int64(share.slots)),
            "cpu_reason": .string(share.cpuReason.text),
            "memory_reason": .string(share.memoryReason.text),
            "limit_reason": .string(share.limitReason.text),
            "slots_reason": .string(share.slotsReason.text),
            "preemption": .string(preemptionWord(project)),
        ]
    }

    private func preemptionWord(_ project: ProjectName) -> String {
        switch fleet.preemption(of: project) {
        case .resting: "resting"
        case .frozen: "frozen"
        case .stopped: "stopped"
        case .none: schedule.ladder.rung(of: project) == .squeezed ? "squeezed" : "none"
        }
    }

    // MARK: Choosing

    /// Under this name the configuration's strategy holds again.
    private static let configured = "default"

    private func chooseStrategy(_ call: Call) throws {
        let text = call.parameters["name"]?.string ?? ""
        let chosen = text == Self.configured ? nil : try Strategy(parsing: text)
        if case .custom(let path)? = chosen { try host.checkProgram(path) }
        let (before, after) = (strategy, chosen ?? configuredStrategy)
        let origin = action?.origin
        try actionTransaction(.power) { changes throws(LedgerError) in
            try changes.choose(Self.strategyChoice, chosen?.text)
            if after == before { return }
            try changes.append(
                AuditEntry(
                    .scheduleStrategy,
                    "the strategy is \(after.text) now, and was \(before.text)", origin: origin,
                    details: [(AuditField.from, before.text), (AuditField.to, after.text)]))
        }
        schedule.chosen = chosen
        if after != before { decideSchedule("operator") }
        call.reply(["strategy": .string(strategy.text), "chosen": .bool(chosen != nil)])
    }

    // MARK: History

    private func scheduleHistory(_ call: Call) throws {
        let records = try ledger.scheduleHistory(
            of: try optionalProjectName(call), limit: try Self.limit(call, most: 1_000))
        call.reply([
            "records": .array(
                records.map { record in
                    [
                        "decision": .integer(record.decision),
                        "at_us": .integer(record.at / 1_000), "cause": .string(record.cause),
                        "strategy": .string(record.strategy),
                        "project": .string(record.project.text),
                        "change": .string(record.change), "reason": .string(record.reason),
                        "outcome": .string(record.outcome),
                    ]
                })
        ])
    }

    private func scheduleSamples(_ call: Call) throws {
        let samples = try ledger.samples(limit: try Self.limit(call, most: 50_000))
        call.reply([
            "samples": .array(
                samples.map { sample in
                    [
                        "project": .string(sample.project.text),
                        "at_us": .integer(sample.at / 1_000),
                        "span_ms": .integer(sample.milliseconds), "cpu": .integer(sample.cpu),
                        "memory": .integer(sample.memory), "disk": .integer(sample.disk),
                        "slots": .integer(sample.slots),
                        "cpu_stall": .integer(sample.cpuStall),
                        "memory_stall": .integer(sample.memoryStall),
                        "io_stall": .integer(sample.ioStall), "kills": .integer(sample.kills),
                    ]
                })
        ])
    }

    private static func limit(_ call: Call, most: Int64) throws(InvalidValue) -> Int {
        let limit = call.parameters["limit"]?.integer ?? 20
        if !(1...most).contains(limit) {
            throw InvalidValue("limit", "\(limit)", "is not from 1 to \(most)")
        }
        return Int(limit)
    }

    // MARK: Asking for more

    private func optimize(_ call: Call) throws {
        let isPlan = call.parameters["plan"]?.bool ?? false
        let changes = try plannedChanges()
        if !isPlan {
            try acceptAction()
            decideSchedule("operator")
        }
        call.reply([
            "strategy": .string(strategy.text),
            "changes": .array(
                changes.map { change in
                    [
                        "project": .string(change.project.text),
                        "name": .string(change.name.text),
                        "from": .string(QuotaStep.text(change.from, of: change.name)),
                        "to": .string(change.to?.text ?? "as configured"),
                        "reason": .string(change.reason),
                    ]
                }),
        ])
    }

    private func advise(_ call: Call) throws {
        let only = try optionalProjectName(call)
        if let only, fleet.view(of: only) == nil { throw Failure.projectNotFound(only, self) }
        let scheduler = try synchronizedScheduler()
        let advice = scheduler.names.filter { only == nil || $0 == only }.sorted().flatMap {
            scheduler.advice(for: $0)
        }
        call.reply([
            "advice": .array(
                advice.map { each in
                    [
                        "project": .string(each.name.text),
                        "resource": .string("\(each.resource)"),
                        "limit": .string(Self.text(each.limit, of: each.resource)),
                        "suggested": .string(Self.text(each.suggested, of: each.resource)),
                        "confidence": .string(each.confidence.rawValue),
                        "evidence": .string(each.evidence),
                    ]
                })
        ])
    }
}

extension HostServices {
    /// A strategy is a file that can be executed.
    func checkProgram(_ path: String) throws {
        let hint = "name an executable file that anybody may read"
        let status: FileStatus
        do throws(SystemCallError) {
            status = try open(path, [.path], resolve: .noMagicLinks).status()
        } catch {
            throw InvalidValue("strategy", path, "cannot be opened: \(error.errno)", hint: hint)
        }
        if status.kind != .regular {
            throw InvalidValue("strategy", path, "is no file", hint: hint)
        }
    }
}
