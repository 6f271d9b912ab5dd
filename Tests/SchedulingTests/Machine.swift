import Plan
import Scheduling

/// What the tests' projects share: 8 processors, 16 GiB, 100 GiB of disk, 12 agents.
let machine = Amounts(cpu: 8_000, memory: 16 * gibibyte, disk: 100 * gibibyte, slots: 12)
let gibibyte = Double(1 << 30)

func project(
    _ name: String, _ priority: Priority = .normal, factor: Double = 1,
    guarantee: Amounts = .zero, limit: Amounts = machine, hours: WorkHours? = nil
) throws -> Subject {
    Subject(
        name: try ProjectName(name), priority: priority, weightFactor: factor,
        guarantee: guarantee, limit: limit, workHours: hours)
}

extension Scheduler {
    /// Joins projects that use so much CPU, and stall all the time for want of more.
    static func busy(
        _ strategy: Strategy, _ subjects: [Subject], tunables: Tunables = .standard
    ) throws -> Scheduler {
        var scheduler = try Scheduler(tunables: tunables, strategy: strategy, capacity: machine)
        for subject in subjects { try scheduler.join(subject) }
        return scheduler
    }
}
