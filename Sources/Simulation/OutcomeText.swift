internal import Plan
internal import Scheduling

extension Outcome {
    /// For people: lines of at most 80 columns.
    public func text(of scenario: Scenario, named name: String) -> String {
        let totals = totals
        let machine = scenario.machine
        var text =
            "\(printable(name)): \(scenario.strategy.text), seed \(scenario.seed), "
            + "\(clock(totals.duration)) of \(totals.projects) projects\n"
            + "on \(fixed(machine.cpu / 1_000, 1)) processors and \(gibibytes(machine.memory)) of memory\n\n"
        func line(_ label: String, _ what: String) {
            text += label + String(repeating: " ", count: 12 - label.utf8.count) + what + "\n"
        }
        line(
            "processors",
            "\(percent(totals.cpuUtilisation)) used; of what was wanted "
                + "\(percent(totals.cpuServed)) was got")
        line(
            "memory",
            "\(percent(totals.memoryUtilisation)) used; slack "
                + "\(percent(totals.memorySlack)) of the limits in force")
        line("fairness", fairness)
        line(
            "admission",
            "\(totals.admitted) let in, \(totals.stillWaiting) wait; longest wait "
                + clock(totals.longestWait))
        line("starvation", starvation)
        line(
            "kills",
            "\(totals.outOfMemory) by limits of memory, \(totals.machineOutOfMemory) by the machine, "
                + "\(totals.killsAvoided) avoided")
        line("crashes", "\(totals.crashes) by themselves, \(totals.restarts) restarts")
        line(
            "preempted",
            "\(totals.squeezed) squeezed, \(totals.frozen) frozen, \(totals.stopped) stopped")
        let every = clock(totals.duration / Int64(max(1, totals.decisions)))
        line(
            "decisions",
            "\(totals.decisions), one in \(every); \(totals.changes) changes, "
                + "\(totals.observations) observations")
        text += "\n" + charts(of: scenario)
        return text
    }

    private var fairness: String {
        if totals.fairnessTime == 0 { return "nobody went short of processors" }
        return "mean \(fixed(totals.fairnessMean, 4)), lowest \(fixed(totals.fairnessLowest, 4)) "
            + "after \(clock(totals.fairnessLowestAt)), where 1 is fair"
    }

    private var starvation: String {
        let bound = clock(totals.passingBound)
        if totals.longestPassing == 0 {
            return "nobody was passed by who came later (the bound is \(bound))"
        }
        return
            "passed by who came up to \(clock(totals.longestPassing)) later; the bound is \(bound)"
    }

    private func charts(of scenario: Scenario) -> String {
        let machine = scenario.machine
        let processors = Chart(
            title: "processors: █ used, ░ wanted and not got",
            topLabel: fixed(machine.cpu / 1_000, 0), top: machine.cpu, end: totals.duration)
        let most = rows.reduce(machine.memory) { max($0, $1.memoryLimits) }
        let top = min(most, 2 * machine.memory)
        let memory = Chart(
            title: "memory: █ used, ░ kept by limits and not used",
            topLabel: gibibytes(top), top: top, end: totals.duration)
        let fair = Chart(
            title: "fairness: Jain's index of processor time by weight; 1 is fair",
            topLabel: "1", top: 1, end: totals.duration, height: 3)
        return processors.drawn(
            rows.map { Chart.Column(lower: $0.cpuUsed, upper: $0.cpuWanted) })
            + "\n"
            + memory.drawn(
                rows.map { Chart.Column(lower: $0.memoryUsed, upper: $0.memoryLimits) })
            + "\n" + fair.drawn(rows.map { Chart.Column(lower: $0.fairness, upper: 0) })
    }

    /// For programs: one line, the same totals, in the units of the time series.
    public func json(of scenario: Scenario, named name: String) -> String {
        let totals = totals
        var fields: [(String, String)] = [
            ("scenario", jsonString(name)), ("strategy", jsonString(scenario.strategy.text)),
            ("seed", "\(scenario.seed)"), ("projects", "\(totals.projects)"),
            ("duration_ms", "\(totals.duration)"),
        ]
        fields += [
            ("cpu_utilisation", totals.cpuUtilisation), ("cpu_served", totals.cpuServed),
            ("memory_utilisation", totals.memoryUtilisation),
            ("memory_slack", totals.memorySlack), ("fairness_mean", totals.fairnessMean),
            ("fairness_lowest", totals.fairnessLowest),
        ].map { ($0.0, fixed($0.1, 6)) }
        fields += [
            ("admitted", totals.admitted), ("waiting", totals.stillWaiting),
            ("longest_wait_ms", Int(totals.longestWait)),
            ("longest_passing_ms", Int(totals.longestPassing)),
            ("passing_bound_ms", Int(totals.passingBound)), ("oom", totals.outOfMemory),
            ("machine_oom", totals.machineOutOfMemory), ("kills_avoided", totals.killsAvoided),
            ("crashes", totals.crashes), ("restarts", totals.restarts),
            ("squeezed", totals.squeezed), ("frozen", totals.frozen),
            ("stopped", totals.stopped), ("decisions", totals.decisions),
            ("changes", totals.changes), ("observations", totals.observations),
            ("events", totals.events),
        ].map { ($0.0, "\($0.1)") }
        return "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}\n"
    }
}

private func percent(_ share: Double) -> String { "\(fixed(share * 100, 1)) %" }

private func gibibytes(_ bytes: Double) -> String {
    let gibi = bytes / 0x1p30
    if gibi >= 1_024 { return "\(fixed(gibi / 1_024, 1))T" }
    return gibi >= 10 ? "\(fixed(gibi, 0))G" : "\(fixed(gibi, 1))G"
}
