import Configuration
import Plan
import Scenarios
import Scheduling
import Simulation

/// A scenario out of a text.
func scenario(_ text: String) throws(ConfigurationError) -> Scenario {
    try readScenario(SourceFile(name: "s.yaml", bytes: Array(text.utf8)))
}

/// What is said about a text that is refused.
func problems(_ text: String) -> [String] {
    do throws(ConfigurationError) {
        _ = try scenario(text)
        return []
    } catch { return error.lines }
}

let gibibyte = Double(1 << 30)

/// One group with a constant demand of 1 processor and 1 GiB.
func steady(_ name: String, count: Int = 1, cpu: Double = 1_000) -> ProjectGroup {
    ProjectGroup(
        name: name, count: count, cpu: ProjectGroup.Need(Curve(.constant(cpu))),
        memory: ProjectGroup.Need(Curve(.constant(gibibyte)), limit: 2 * gibibyte))
}

func small(
    _ groups: [ProjectGroup], cpu: Double = 4_000, memory: Double = 64 * gibibyte,
    duration: Int64 = 3_600_000
) -> Scenario {
    var result = Scenario(
        machine: Scenario.Machine(cpu: cpu, memory: memory), groups: groups, duration: duration)
    result.strategy = .priorityBased
    return result
}

extension ProjectGroup {
    func arriving(at time: Int64) -> ProjectGroup {
        var result = self
        result.arrival = .at(time)
        return result
    }
}
