internal import Configuration
internal import Plan
internal import Scheduling
internal import Simulation

/// What is read of one resource of a group.
struct NeedDraft {
    var demand: DemandDraft?
    var guarantee = 0.0
    var limit: Double?
    var ceiling: Double?

    var need: ProjectGroup.Need {
        var need = ProjectGroup.Need(
            demand?.curve ?? Curve(.constant(0)), guarantee: guarantee, limit: limit)
        need.ceiling = ceiling
        return need
    }
}

struct ArrivalDraft {
    var at: Int64 = 0
    var every: Int64?
}

struct WorkHoursDraft {
    var from = "09:00"
    var to = "17:00"
    var days: [Located<String>] = []
    var pauses = false
}

/// What is read of a group of projects.
struct GroupDraft {
    let name: String
    let position: Position
    var count: UInt32 = 1
    var priority = Priority.normal
    var weight = 1.0
    var arrival = ArrivalDraft()
    var lives: Int64?
    var cpu = NeedDraft()
    var memory = NeedDraft()
    var agents: UInt32 = 0
    var crashes = 0.0
    var workHours: WorkHours?

    init(_ name: WorkloadName, _ node: Node) {
        self.name = name.text
        position = node.position
    }

    var group: ProjectGroup {
        var group = ProjectGroup(
            name: name, count: Int(count), cpu: cpu.need, memory: memory.need)
        group.priority = priority
        group.weight = weight
        group.arrival =
            arrival.every.map { .poisson(every: $0, from: arrival.at) } ?? .at(arrival.at)
        group.lives = lives
        group.agents = Double(agents)
        group.crashesPerHour = crashes
        group.workHours = workHours
        return group
    }
}

enum GroupTable {
    static let group = Table<GroupDraft>(
        "projects",
        [
            .scalar(
                "count", .whole(1...UInt64(Scenario.projectsMax)),
                About("How many there are of it.", standard: "1", example: "20"), to: \.count),
            .scalar(
                "priority", .word,
                About("As a project's.", standard: "normal", example: "high"), to: \.priority),
            .scalar(
                "cpu_priority", factor,
                About("What its weight is multiplied by.", standard: "1", example: "2.5"),
                to: \.weight),
            .mapping(
                "arrives", arrival,
                About("When they come.", standard: "at once", example: "{every: 10m}"),
                to: \.arrival),
            .scalar(
                "lives", time(from: 1_000),
                About("How long one stays, on average.", standard: "to the end", example: "6h"),
                to: \.lives),
            .mapping(
                "cpu", need(.processors), About("Processors.", example: "{demand: 1.5}"), to: \.cpu),
            .mapping(
                "memory", need(.size, [ceiling]), About("Memory.", example: "{demand: 512M}"),
                to: \.memory),
            .scalar(
                "agents", .whole(0...100_000),
                About("Agents that it wants at once.", standard: "0", example: "3"), to: \.agents),
            .scalar(
                "crashes_per_hour", ratePerHour,
                About("How often one fails by itself.", standard: "0", example: "0.1"),
                to: \.crashes),
            .made(
                "work_hours", workHours, About("When it is worked on.", example: "{from: 09:00}"),
                of: WorkHoursDraft(), to: \.workHours
            ) { draft, node, reading in
                do throws(InvalidValue) {
                    return try WorkHours(
                        start: minuteOfDay(draft.from), end: minuteOfDay(draft.to),
                        days: weekdays(draft.days),
                        outside: draft.pauses ? .pause : .less)
                } catch {
                    reading.refuse(node.position, error.reason, hint: error.hint)
                    return nil
                }
            },
        ])

    private static let arrival = Table<ArrivalDraft>(
        "projects.arrives", shorthand: "at",
        [
            .scalar(
                "at", time(from: 0),
                About("When the first one comes.", standard: "0s", example: "1h"), to: \.at),
            .scalar(
                "every", time(from: 1),
                About(
                    "One after the other by chance (Poisson), with so much time between them on "
                        + "average.", standard: "all at once", example: "10m"), to: \.every),
        ])

    private static func need(
        _ amount: DemandTable.Amount, _ more: [Key<NeedDraft>] = []
    ) -> Table<NeedDraft> {
        Table(
            "projects.cpu, projects.memory",
            [
                .made(
                    "demand", DemandTable(amount: amount).table,
                    About("What it could use.", standard: "0", example: amount.example),
                    of: DemandDraft(), to: \.demand
                ) { draft, node, reading in
                    // One that was refused was said to be wrong already.
                    if draft.shape == nil, !DemandTable.shapes.contains(where: { has(node, $0) }) {
                        reading.refuse(
                            node.position, "has no shape",
                            hint: "write one of \(DemandTable.shapes.joined(separator: ", "))")
                    }
                    return draft
                },
                .scalar(
                    "guarantee", amount.value,
                    About("What is kept for it.", standard: "0", example: amount.example),
                    to: \.guarantee),
                .scalar(
                    "limit", amount.value,
                    About("What it may use.", example: amount.example),
                    to: \.limit),
            ] + more)
    }

    private static let ceiling = Key<NeedDraft>.scalar(
        "ceiling", DemandTable.Amount.size.value,
        About(
            "The limit with dynamic, which moves it below that.", standard: "limit", example: "2G"),
        to: \.ceiling)

    private static let workHours = Table<WorkHoursDraft>(
        "projects.work_hours",
        [
            .scalar(
                "from", .timeOfDay, About("Their begin.", standard: "09:00", example: "08:00"),
                to: \.from),
            .scalar(
                "to", .timeOfDay, About("Their end.", standard: "17:00", example: "18:00"),
                to: \.to),
            .list(
                "days", of: .weekday,
                About("Their days.", standard: "monday to friday", example: "[monday]"),
                to: \.days),
            .scalar(
                "pause", .flag,
                About("Whether it stands still outside.", standard: "false", example: "true"),
                to: \.pauses),
        ])
}
