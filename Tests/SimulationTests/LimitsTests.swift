import Configuration
import Plan
import Scenarios
import Scheduling
import Simulation
import Syscalls
import Testing

/// Limits that follow what is used, against limits that somebody wrote down: the same demand, the same memory.
/// What is held against is what Autopilot reached (Rzadca et al., EuroSys 2020): 23 % of slack where people had
/// left 46 %, with a tenth of the kills.
@Suite struct LimitsTests {
    private func example(_ name: String) throws -> Scenario {
        let source = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let text = try readFile("/\(source)/examples/simulations/\(name)")
        return try readScenario(SourceFile(name: name, bytes: Array(text.utf8)))
    }

    @Test func dynamicKeepsHalfTheSlackAndKillsATenth() throws {
        var scenario = try example("limits.yaml")
        // A look every two minutes is harder than one every half, and takes less time.
        scenario.interval = 120_000
        scenario.rebalance = 240_000
        scenario.strategy = .static
        let fixed = try simulate(scenario).totals
        scenario.strategy = .dynamic
        let moved = try simulate(scenario).totals
        #expect(fixed.memorySlack >= 0.46)
        #expect(moved.memorySlack <= 0.23)
        #expect(fixed.outOfMemory >= 10)
        #expect(moved.outOfMemory + moved.machineOutOfMemory <= fixed.outOfMemory / 10)
        // Not because less was asked of it.
        #expect(moved.memoryUsed >= fixed.memoryUsed)
    }

    @Test(arguments: ["office.yaml", "many.yaml", "limits.yaml"])
    func everyExampleIsTakenAsItIs(name: String) throws {
        #expect(try example(name).projectCount > 0)
    }
}
