public import Configuration
internal import Plan
internal import Scheduling
public import Simulation

/// What is read of a scenario.
struct ScenarioDraft {
    var machine = MachineDraft()
    var duration: Int64 = 86_400_000
    var start = 0
    var seed: UInt64 = 1
    var strategy = Strategy.dynamic
    var interval: Int64 = 30_000
    var rebalance: Int64?
    var report: Int64?
    var groups: [GroupDraft] = []
}

struct MachineDraft {
    var cpu = 0.0
    var memory = 0.0
    var agents: UInt32 = 100
    var reservedCPU = 0.0
    var reservedMemory = 0.0
    var projects: UInt32 = 1_000_000
}

/// Reads a scenario: one YAML document, checked as strictly as a configuration.
///
/// - Throws: everything that is wrong with it, each with its place.
public func readScenario(_ source: SourceFile) throws(ConfigurationError) -> Scenario {
    var draft = ScenarioDraft()
    try read(source, by: scenarioTable, into: &draft) { draft, reading in
        check(draft, Position(file: source.name), &reading)
    }
    return draft.scenario
}

extension ScenarioDraft {
    /// Between two divisions: as a supervisor does it where nothing else is said, at a look of its own.
    fileprivate var divides: Int64 {
        rebalance ?? (max(interval, 300_000) + interval - 1) / interval * interval
    }

    fileprivate var scenario: Scenario {
        var machine = Scenario.Machine(cpu: self.machine.cpu, memory: self.machine.memory)
        machine.agents = Double(self.machine.agents)
        machine.reservedCPU = self.machine.reservedCPU
        machine.reservedMemory = self.machine.reservedMemory
        machine.projectsMax = Int(self.machine.projects)
        var scenario = Scenario(
            machine: machine, groups: groups.map(\.group), duration: duration)
        scenario.startMinuteOfWeek = start
        scenario.seed = seed
        scenario.strategy = strategy
        scenario.interval = interval
        scenario.rebalance = divides
        // About as many rows as a plot has points.
        scenario.report =
            report ?? max(interval, (duration / 500 + interval - 1) / interval * interval)
        return scenario
    }
}

private func check(_ draft: ScenarioDraft, _ whole: Position, _ reading: inout Reading) {
    let machine = draft.machine
    if machine.cpu == 0 || machine.memory == 0 {
        reading.refuse(
            whole, "the machine has no processors or no memory",
            hint: "write machine: {cpu: 8, memory: 32G}")
        return
    }
    if machine.reservedCPU >= machine.cpu || machine.reservedMemory >= machine.memory {
        reading.refuse(whole, "all of the machine is reserved", hint: "lower reserve_…")
    }
    if draft.groups.isEmpty {
        reading.refuse(whole, "there are no projects", hint: "write projects: and one below it")
    }
    if draft.interval > draft.duration || draft.divides < draft.interval {
        reading.refuse(
            whole, "interval, rebalance and duration do not fit",
            hint: "interval is the shortest of them, duration the longest")
    }
    let rows = draft.duration / (draft.report ?? draft.duration)
    if rows > Scenario.rowsMax {
        reading.refuse(whole, "there would be \(rows) rows", hint: "make report longer")
    }
    if draft.divides % draft.interval != 0 {
        reading.refuse(whole, "rebalance is no multiple of interval")
    }
    if let report = draft.report, report % draft.interval != 0 {
        reading.refuse(whole, "report is no multiple of interval")
    }
    var total: UInt64 = 0
    for group in draft.groups {
        total += UInt64(group.count)
        reading.within("projects") { reading in
            reading.within(group.name) { check(group, machine, &$0) }
        }
    }
    if total > UInt64(Scenario.projectsMax) {
        reading.refuse(whole, "there are \(total) projects, more than \(Scenario.projectsMax)")
    }
}

private func check(_ group: GroupDraft, _ machine: MachineDraft, _ reading: inout Reading) {
    // A number of six digits follows it.
    if group.name.utf8.count > 40 {
        reading.refuse(group.position, "the name is longer than 40 letters")
    }
    let needs = [
        ("cpu", group.cpu, machine.cpu - machine.reservedCPU),
        ("memory", group.memory, machine.memory - machine.reservedMemory),
    ]
    for (name, need, most) in needs {
        let least = min(need.limit ?? .infinity, need.ceiling ?? .infinity)
        if need.guarantee > most {
            reading.refuse(
                group.position, "\(name): the guarantee is above what the machine has for projects",
                hint: "such a project would never be let in")
        } else if need.guarantee > least {
            reading.refuse(
                group.position, "\(name): the guarantee is above the limit or the ceiling")
        }
        if need.limit == 0 || need.ceiling == 0 {
            reading.refuse(group.position, "\(name): a limit of nothing lets nothing run")
        }
    }
}

private let machineTable = Table<MachineDraft>(
    "machine",
    [
        .scalar(
            "cpu", DemandTable.Amount.processors.value, About("Processors.", example: "8"),
            to: \.cpu),
        .scalar(
            "memory", DemandTable.Amount.size.value, About("Memory.", example: "32G"), to: \.memory),
        .scalar(
            "agents", .whole(0...100_000),
            About("Agents at the same time.", standard: "100", example: "20"), to: \.agents),
        .scalar(
            "reserve_cpu", DemandTable.Amount.processors.value,
            About("What no project is promised.", standard: "0", example: "0.5"), to: \.reservedCPU),
        .scalar(
            "reserve_memory", DemandTable.Amount.size.value,
            About("What no project is promised.", standard: "0", example: "1G"),
            to: \.reservedMemory),
        .scalar(
            "max_concurrent_projects", .whole(1...UInt64(Scenario.projectsMax)),
            About("Projects at the same time.", standard: "1000000", example: "50"), to: \.projects),
    ])

private let scenarioTable = Table<ScenarioDraft>(
    "scenario",
    [
        .mapping(
            "machine", machineTable, About("What is shared.", example: "{cpu: 8}"), to: \.machine),
        .scalar(
            "duration", time(from: 1_000),
            About("How long it lasts.", standard: "24h", example: "7d"), to: \.duration),
        .scalar(
            "start", weekMoment,
            About("When in a week it begins.", standard: "monday 00:00", example: "friday 08:00"),
            to: \.start),
        .scalar(
            "seed", .whole(0...UInt64(Int64.max)),
            About("Another one, another chance.", standard: "1", example: "7"), to: \.seed),
        .scalar(
            "strategy", strategyName,
            About("Who gets what.", standard: "dynamic", example: "static"), to: \.strategy),
        .scalar(
            "interval", time(from: 1_000),
            About("Between two looks at use.", standard: "30s", example: "10s"), to: \.interval),
        .scalar(
            "rebalance", time(from: 1_000),
            About("Between two divisions.", standard: "5m", example: "30s"), to: \.rebalance),
        .scalar(
            "report", time(from: 1_000),
            About("Between two rows of the series.", standard: "500 rows", example: "5m"),
            to: \.report),
        .workloads(
            "projects", GroupTable.group, most: 1_000,
            About("Groups of projects, by name.", example: "{web: {count: 20}}"),
            make: GroupDraft.init, to: \.groups),
    ])

/// A program is none that could be simulated: what it answers depends on more than a seed.
public let strategyNames = ["static", "fair_share", "priority_based", "dynamic"]

private let strategyName = Value<Strategy>("strategy") { (text) throws(InvalidValue) in
    if strategyNames.contains(text) { return try Strategy(parsing: text) }
    throw notAmong(strategyNames, text)
}
