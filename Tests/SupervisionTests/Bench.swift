import Plan
import Supervision

/// A fleet with a clock that is set by hand, for tests that tell it one thing after the other.
struct Bench {
    var fleet: Fleet
    var now = Moment(microseconds: 1_000_000)
    /// In force.
    var policies: [ProjectPolicy]
    /// As a ledger would hold them.
    var records: [ProjectName: ProjectRecord] = [:]
    var reports: [Report] = []
    let isGated: Bool

    init(_ policies: [ProjectPolicy], seed: UInt64 = 7, isGated: Bool = false) throws {
        fleet = Fleet(nextRun: RunID(rawValue: 1), seed: seed, isGated: isGated)
        self.isGated = isGated
        self.policies = policies
        pending = []
        pending = try tell(.configured(policies))
    }

    /// What the first configuration led to.
    var pending: [Effect]

    /// The deeds that follow; reports and records are kept apart.
    mutating func tell(_ event: Event) throws -> [Effect] {
        if case .configured(let new) = event { policies = new }
        return keep(try fleet.apply(event, at: now))
    }

    private mutating func keep(_ effects: [Effect]) -> [Effect] {
        var deeds: [Effect] = []
        for effect in effects {
            switch effect {
            case .report(let report): reports.append(report)
            case .store(let name): records[name] = fleet.record(of: name)
            case .forget(let name): records[name] = nil
            default: deeds.append(effect)
            }
        }
        return deeds
    }

    /// Lets time pass, telling whenever something is due; every deed on the way.
    mutating func pass(_ span: Milliseconds) throws -> [Effect] {
        let end = now + span
        var deeds: [Effect] = []
        var rounds = 0
        while let due = fleet.nextDeadline, due <= end {
            rounds += 1
            if rounds > 10_000 { throw Missing(what: "an end: time does not get on") }
            now = max(now, due)
            deeds += try tell(.timePassed)
        }
        now = end
        return deeds
    }

    /// The supervisor is killed, and another one continues; it is told nothing yet.
    mutating func restore(sameBoot: Bool = true, nextRun: UInt64 = 1_000) {
        fleet = Fleet(
            restoring: policies, records: records.values.sorted { $0.name < $1.name },
            nextRun: RunID(rawValue: nextRun), seed: 7, at: now, sameBoot: sameBoot,
            isGated: isGated)
    }

    /// Launches and starts whatever is asked for, until nothing is; every deed on the way.
    @discardableResult
    mutating func bringUp(_ deeds: [Effect]? = nil) throws -> [Effect] {
        var open = deeds ?? pending
        var next = 0
        while next < open.count {
            switch open[next] {
            case .launchSandbox(let name): open += try tell(.sandboxLaunched(name))
            case .startRun(let run, _, _): open += try tell(.runStarted(run))
            default: break
            }
            next += 1
        }
        return open
    }

    /// The kinds of what was reported since this was last called.
    mutating func kinds() -> [String] {
        defer { reports = [] }
        return reports.map(\.kind)
    }

    mutating func refusal(of event: Event) throws -> VerbRefused {
        do {
            _ = try tell(event)
        } catch let refused as VerbRefused {
            return refused
        }
        throw Missing(what: "a refusal")
    }

    func project(_ name: String) throws -> ProjectView {
        try unwrap(fleet.view(of: try ProjectName(name)), "project \(name)")
    }

    func service(_ service: String, of project: String = "shop") throws -> ServiceView {
        let name = try WorkloadName(service)
        return try unwrap(
            try self.project(project).services.first { $0.name == name }, "service \(service)")
    }
}

struct Missing: Error { let what: String }

func unwrap<Value>(_ value: Value?, _ what: String) throws -> Value {
    guard let value else { throw Missing(what: what) }
    return value
}

func policy(
    _ name: String, after dependencies: [String] = [], _ services: [ServicePolicy] = []
) throws -> ProjectPolicy {
    var policy = ProjectPolicy(name: try ProjectName(name), path: "/srv/\(name)")
    policy.dependencies = try dependencies.map { try ProjectName($0) }
    policy.services = services
    return policy
}

/// Delays without chance in them, so that tests can name moments.
func service(
    _ name: String, after: [String] = [], _ change: (inout ServicePolicy) -> Void = { _ in }
) throws -> ServicePolicy {
    var service = ServicePolicy(name: try WorkloadName(name), command: ["/bin/\(name)"])
    service.after = try after.map { try WorkloadName($0) }
    service.restart.jitterPercent = 0
    change(&service)
    return service
}

func run(_ number: UInt64) -> RunID { RunID(rawValue: number) }
