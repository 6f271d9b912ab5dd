public import Plan

/// A configuration that is refused, whole: everything that is wrong with it.
public struct ConfigurationError: Diagnosable, Hashable {
    /// In the order of the files, at most `problemsMax`; never empty.
    public let problems: [Problem]
    /// How many more there were.
    public let omitted: Int

    /// More than anybody mends before looking again.
    public static let problemsMax = 50

    init(_ problems: [Problem], omitted: Int = 0) {
        self.problems = problems
        self.omitted = omitted
    }

    /// A line for each problem, and one for those that were left out.
    public var lines: [String] {
        var lines = problems.map(\.description)
        if omitted > 0 { lines.append("and \(omitted) more") }
        return lines
    }

    public var message: String {
        let others = problems.count + omitted - 1
        let first = problems.first?.description ?? "the configuration is refused"
        return others == 0 ? first : "\(first) (and \(others) more)"
    }

    public var hint: String? {
        "nothing was changed; bulkheadd --check lists every problem, bulkhead.yaml(5) every key"
    }
}

/// Problems as they are found, without an end to what a hostile file can make of them.
struct ProblemList {
    private(set) var problems: [Problem] = []
    private(set) var omitted = 0
    private var seen: Set<Problem> = []
    /// Where something is wrong already: what follows from it is not worth a line of its own.
    private var positions: Set<Position> = []

    var isEmpty: Bool { problems.isEmpty }

    mutating func add(_ problem: Problem) {
        guard seen.count < seenMax else {
            omitted += 1
            return
        }
        if !seen.insert(problem).inserted { return }
        positions.insert(problem.position)
        if problems.count == ConfigurationError.problemsMax {
            omitted += 1
        } else {
            problems.append(problem)
        }
    }

    func concerns(_ position: Position) -> Bool { positions.contains(position) }

    func error() -> ConfigurationError { ConfigurationError(problems, omitted: omitted) }

    /// As many as a file has nodes.
    private let seenMax = YAMLReader.nodesMax
}
