internal import Configuration
public import Plan
internal import Scheduling
public import Simulation

/// What projects were seen to use, as comma-separated values with a line of names first:
///
///     seconds,project,cpu_millicores,memory_bytes
///
/// Times count from anywhere; those of one project do not go back. Other columns are passed over.
public struct Recording: Hashable, Sendable {
    struct Sample: Hashable {
        /// Milliseconds.
        let time: Int64
        let cpu: Double
        let memory: Double
    }

    /// In the order in which they appear.
    private(set) var projects: [(name: ProjectName, samples: [Sample])] = []

    /// 100 projects for a month at a sample a minute have 4.3 million lines of 50 bytes.
    public static let bytesMax = 256 << 20
    private static let columns = ["seconds", "project", "cpu_millicores", "memory_bytes"]

    /// Throws `InvalidValue` for the first line that is none.
    public init(parsing bytes: [UInt8], name: String) throws(InvalidValue) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        let header = lines.first.map(Self.fields) ?? []
        var places: [Int] = []
        for column in Self.columns {
            guard let place = header.firstIndex(of: column) else {
                throw InvalidValue(
                    "recording", name, "has no column \(column) in its first line",
                    hint: "the columns are \(Self.columns.joined(separator: ","))")
            }
            places.append(place)
        }
        var indices: [ProjectName: Int] = [:]
        for (number, line) in lines.enumerated().dropFirst() {
            do throws(InvalidValue) {
                let (project, sample) = try Self.sample(Self.fields(line), places)
                let index = indices[project] ?? projects.count
                if index == projects.count {
                    indices[project] = index
                    projects.append((project, []))
                }
                if let last = projects[index].samples.last, last.time > sample.time {
                    throw InvalidValue("", "\(sample.time) ms", "is before \(last.time) ms")
                }
                projects[index].samples.append(sample)
            } catch {
                throw InvalidValue(
                    "recording", name, "line \(number + 1): \(error.value) \(error.reason)",
                    hint: error.hint)
            }
        }
        if projects.isEmpty { throw InvalidValue("recording", name, "has no samples") }
    }

    public static func == (left: Recording, right: Recording) -> Bool {
        left.projects.elementsEqual(right.projects) { $0 == $1 }
    }

    public func hash(into hasher: inout Hasher) {
        for (name, samples) in projects {
            hasher.combine(name)
            hasher.combine(samples)
        }
    }

    /// The scenario with these projects in place of its own. What is not recorded, such as priority and
    /// guarantee, is that of the scenario's group of the same name, else of its group `recorded`, else what is
    /// usual. It lasts no longer than what is recorded.
    public func projects(in scenario: Scenario) -> Scenario {
        var result = scenario
        let first = projects.map { $0.samples[0].time }.min() ?? 0
        let last = projects.map { $0.samples[$0.samples.count - 1].time }.max() ?? 0
        result.groups = projects.map { name, samples in
            let alike =
                scenario.groups.first { $0.name == name.text }
                ?? scenario.groups.first { $0.name == "recorded" }
            let nothing = ProjectGroup.Need(Curve(.constant(0)))
            var group =
                alike ?? ProjectGroup(name: name.text, count: 1, cpu: nothing, memory: nothing)
            group.name = name.text
            group.count = 1
            group.arrival = .at(samples[0].time - first)
            group.cpu.demand = Curve(
                .recorded(samples.map { Curve.Sample(time: $0.time - first, amount: $0.cpu) }))
            group.memory.demand = Curve(
                .recorded(samples.map { Curve.Sample(time: $0.time - first, amount: $0.memory) }))
            return group
        }
        let span = max(result.interval, (last - first) / result.interval * result.interval)
        if span < result.duration {
            result.duration = span
            result.report = max(result.interval, min(result.report, span))
        }
        return result
    }

    // MARK: Lines

    private static func fields(_ line: ArraySlice<UInt8>) -> [String] {
        var line = line
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    private static func sample(
        _ fields: [String], _ places: [Int]
    ) throws(InvalidValue) -> (ProjectName, Sample) {
        guard let most = places.max(), fields.count > most else {
            throw InvalidValue("", fields.joined(separator: ","), "has too few fields")
        }
        let seconds = try number(fields[places[0]], most: 1e11)
        let project = try ProjectName(fields[places[1]])
        return (
            project,
            Sample(
                time: Int64(seconds * 1_000), cpu: try number(fields[places[2]], most: 8_192_000),
                memory: try number(fields[places[3]], most: 0x1p48))
        )
    }

    private static func number(_ text: String, most: Double) throws(InvalidValue) -> Double {
        let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
        guard isPlain, let value = Double(text), value.isFinite else {
            throw InvalidValue("", text, "is no number")
        }
        if value > most { throw InvalidValue("", text, "is more than \(Int64(most))") }
        return value
    }
}
