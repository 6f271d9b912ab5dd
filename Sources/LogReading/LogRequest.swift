public import Plan

/// Which lines somebody wants to see.
public struct LogRequest: Hashable, Sendable {
    /// Nil: of every project.
    public var project: ProjectName?
    public var workload: WorkloadName?
    public var run: RunID?
    /// The last so many; nil: all.
    public var lines: Int?
    /// Not older than this: microseconds since the epoch.
    public var since: UInt64?
    /// Goes on with what comes.
    public var follow: Bool

    public init(
        project: ProjectName? = nil, workload: WorkloadName? = nil, run: RunID? = nil,
        lines: Int? = nil, since: UInt64? = nil, follow: Bool = false
    ) {
        self.project = project
        self.workload = workload
        self.run = run
        self.lines = lines
        self.since = since
        self.follow = follow
    }

    /// Reads the command line that `arguments` makes.
    public init(parsing arguments: [String]) throws(InvalidValue) {
        self.init()
        var rest = arguments[...]
        while let option = rest.popFirst() {
            switch option {
            case "--follow": follow = true
            case "--project": project = try ProjectName(try Self.value(of: option, &rest))
            case "--workload": workload = try WorkloadName(try Self.value(of: option, &rest))
            case "--run": run = RunID(rawValue: try Self.number(of: option, &rest))
            case "--since-us": since = try Self.number(of: option, &rest)
            case "--lines":
                let number = try Self.number(of: option, &rest)
                lines = Int(min(number, UInt64(Int.max)))
            default: throw InvalidValue("argument", option, "is not known")
            }
        }
    }

    /// The command line that means this.
    public var arguments: [String] {
        var result: [String] = []
        if let project { result += ["--project", project.text] }
        if let workload { result += ["--workload", workload.text] }
        if let run { result += ["--run", run.description] }
        if let lines { result += ["--lines", String(lines)] }
        if let since { result += ["--since-us", String(since)] }
        if follow { result.append("--follow") }
        return result
    }

    private static func value(
        of option: String, _ rest: inout ArraySlice<String>
    ) throws(InvalidValue) -> String {
        guard let value = rest.popFirst() else { throw InvalidValue(option, "", "needs a value") }
        return value
    }

    private static func number(
        of option: String, _ rest: inout ArraySlice<String>
    ) throws(InvalidValue) -> UInt64 {
        let text = try value(of: option, &rest)
        guard let number = UInt64(text) else { throw InvalidValue(option, text, "is no number") }
        return number
    }
}
