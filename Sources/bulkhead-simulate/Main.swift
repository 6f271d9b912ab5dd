internal import Arguments
internal import Configuration
internal import Plan
internal import Scenarios
internal import Scheduling
internal import Simulation
internal import Syscalls

/// What `bulkhead simulate` starts: a scenario in, how it went out. It touches nothing but the files that it
/// is given, and what it prints on standard output depends on these and the options alone.
@main
struct BulkheadSimulate {
    static func main() { endProgram(run()) }

    private static func run() -> Int32 {
        do throws(ArgumentsError) {
            let words = Array(CommandLine.arguments.dropFirst())
            guard let arguments = try SimulateArguments.parsed(words) else {
                tell(Help.page(.simulate), to: 1)
                return 0
            }
            return simulate(arguments)
        } catch {
            tell("bulkhead: \(error.message)" + (error.hint.map { " (hint: \($0))" } ?? ""))
            return 2
        }
    }

    private static func simulate(_ arguments: SimulateArguments) -> Int32 {
        do throws(Failure) {
            let scenario = try scenario(arguments)
            let trace = try arguments.trace.map { path throws(Failure) in try Sink(path) }
            let before = monotonicMicroseconds()
            let outcome: Outcome
            do throws(InvalidValue) {
                outcome = try Simulation.simulate(
                    scenario, trace: trace.map { trace in { trace.add($0 + "\n") } })
            } catch { throw .invalid(error) }
            let seconds = Double(max(1, monotonicMicroseconds() - before)) / 1e6
            try trace?.close()
            try show(outcome, of: scenario, arguments)
            // A matter of this machine and its mood, and so not on standard output.
            let decisions = fixed(Double(outcome.totals.decisions) / seconds, 1)
            let looks = fixed(Double(outcome.totals.observations) / seconds, 0)
            tell("\(fixed(seconds, 2)) s: \(decisions) decisions/s, \(looks) observations/s")
            return 0
        } catch {
            for line in error.lines { tell(line) }
            return 1
        }
    }

    // MARK: In

    /// What the file says, with what the command line says in its place.
    private static func scenario(_ arguments: SimulateArguments) throws(Failure) -> Scenario {
        let path = arguments.scenario
        // One more than is taken, so that what is too long is refused as a configuration would be.
        let bytes = try contents(of: path, limit: SourceFile.bytesMax + 1)
        var scenario: Scenario
        do throws(ConfigurationError) {
            scenario = try readScenario(SourceFile(name: path, bytes: bytes))
        } catch { throw .refused(error) }
        if let path = arguments.replay {
            let bytes = try contents(of: path, limit: Recording.bytesMax)
            do throws(InvalidValue) {
                scenario = try Recording(parsing: bytes, name: path).projects(in: scenario)
            } catch { throw .invalid(error) }
        }
        do throws(InvalidValue) {
            if let duration = arguments.duration { try scenario.last(Int64(duration.count)) }
            if let name = arguments.strategy { scenario.strategy = try Strategy(parsing: name) }
            if let count = arguments.projects { scenario = try resized(scenario, to: count) }
        } catch { throw .invalid(error) }
        scenario.scale(cpu: arguments.cpuScale, memory: arguments.memoryScale)
        if let seed = arguments.seed { scenario.seed = seed }
        return scenario
    }

    private static func resized(
        _ scenario: Scenario, to count: Int
    ) throws(InvalidValue) -> Scenario {
        if count >= scenario.groups.count { return scenario.scaled(to: count) }
        throw InvalidValue(
            "--projects", "\(count)",
            "is less than the \(scenario.groups.count) groups of projects in the scenario")
    }

    // MARK: Out

    private static func show(
        _ outcome: Outcome, of scenario: Scenario, _ arguments: SimulateArguments
    ) throws(Failure) {
        if let path = arguments.csv {
            let sink = try Sink(path)
            sink.add(commaSeparated(outcome.rows))
            try sink.close()
        }
        if arguments.csv == "-" || arguments.trace == "-" { return }
        let path = arguments.scenario
        let name = path.utf8.split(separator: UInt8(ascii: "/")).last.map(Substring.init)
        let sink = try Sink("-")
        sink.add(
            arguments.json
                ? outcome.json(of: scenario, named: String(name ?? ""))
                : outcome.text(of: scenario, named: String(name ?? "")))
        try sink.close()
    }

    private static func tell(_ line: String, to stream: CInt = 2) {
        let text = stream == 2 ? printable(line) + "\n" : line
        // Nobody is left to tell that nobody listens.
        try? write(allOf: Array(text.utf8), to: stream)
    }
}
