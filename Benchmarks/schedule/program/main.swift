import Plan
import Scheduling
import Testbed

/// Measures decisions over a number of projects: one line of CSV, as its head says in `run`.

struct Population {
    static let hour: Int64 = 3_600_000
    let names: [ProjectName]
    var scheduler: Scheduler
    var random = Seeded(1)
    var time: Int64 = 0

    init(_ count: Int, _ strategy: Strategy) throws {
        names = try (0..<count).map { try ProjectName("p\($0)") }
        // Less than all want, so that every decision divides.
        let machine = Amounts(
            cpu: 500 * Double(count), memory: 2e9 * Double(count), disk: 4e12, slots: 16)
        scheduler = try Scheduler(strategy: strategy, capacity: machine)
        for name in names {
            try scheduler.join(
                Subject(
                    name: name, priority: random.pick(Priority.allCases),
                    guarantee: Amounts(memory: random.oneIn(4) ? 1e8 : 0),
                    limit: Amounts(cpu: 4_000, memory: 8e9, disk: 1e10, slots: 2)))
        }
    }

    var minute: Int { Int(time / 60_000) }

    mutating func observe(_ name: ProjectName) throws {
        let use = Use(
            cpu: Double(random.below(4_000)), memory: 1e8 + Double(random.below(4_000_000_000)),
            pressure: .init(cpu: random.oneIn(3) ? 0.3 : 0), milliseconds: 300_000)
        try scheduler.observe(name, use, at: time, minuteOfWeek: minute)
    }
}

/// Milliseconds.
private func timed(_ body: () throws -> Void) rethrows -> Double {
    let duration = try ContinuousClock().measure(body)
    return Double(duration.components.seconds) * 1e3 + Double(duration.components.attoseconds)
        / 1e15
}

private func percentile(_ values: [Double], _ share: Double) -> Double {
    let sorted = values.sorted()
    return sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
}

private func digits(_ value: Double) -> String {
    let thousandths = Int(value * 1_000 + 0.5)
    let rest = "\(1_000 + thousandths % 1_000)".dropFirst()
    return "\(thousandths / 1_000).\(rest)"
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let count = Int(arguments[1]), (1...1_000_000).contains(count),
    let strategy = try? Strategy(parsing: arguments[2])
else { fatalError("usage: schedule-bench COUNT STRATEGY") }

var population = try Population(count, strategy)
_ = population.scheduler.decide(at: 0, minuteOfWeek: 0)
let rounds = 26
let observing = try timed {
    for _ in 0..<rounds {
        population.time += Population.hour
        for name in population.names { try population.observe(name) }
    }
}
_ = population.scheduler.decide(at: population.time, minuteOfWeek: population.minute)

var full: [Double] = []
for round in 0..<5 {
    var capacity = population.scheduler.capacity
    capacity[.cpu] += round % 2 == 0 ? 1_000 : -1_000
    try population.scheduler.setCapacity(capacity)
    full.append(
        timed {
            _ = population.scheduler.decide(at: population.time, minuteOfWeek: population.minute)
        })
}

var one: [Double] = []
for _ in 0..<500 {
    population.time += 1_000
    try population.observe(population.random.pick(population.names))
    one.append(
        timed {
            _ = population.scheduler.decide(at: population.time, minuteOfWeek: population.minute)
        })
}

// As many as change their ways in one interval of a quiet machine.
let some = max(1, count / 25)
var batch: [Double] = []
for _ in 0..<20 {
    population.time += 1_000
    for _ in 0..<some { try population.observe(population.random.pick(population.names)) }
    batch.append(
        timed {
            _ = population.scheduler.decide(at: population.time, minuteOfWeek: population.minute)
        })
}

print(
    [
        "\(count)", digits(percentile(full, 0.5)), digits(full.max() ?? 0),
        digits(percentile(one, 0.5)), digits(percentile(one, 0.99)), digits(percentile(batch, 0.5)),
        digits(observing * 1e3 / Double(count * rounds)),
    ].joined(separator: ","))
