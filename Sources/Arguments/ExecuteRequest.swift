public import Plan

/// A command, or a declared task, to run in a project's sandbox: `exec` and `run --project`.
public struct ExecuteRequest: Hashable, Sendable {
    public internal(set) var project: ProjectName
    /// The declared task whose command comes before `command`.
    public internal(set) var task: WorkloadName?
    /// Empty only with a task.
    public internal(set) var command: [String]
    /// Whether it counts as a task and not as something that an operator does by hand.
    public internal(set) var isTask: Bool
    /// Nil: generated.
    public internal(set) var workload: WorkloadName?
    public internal(set) var identity: Identity?
    /// In the order given; a later one wins.
    public internal(set) var environment: [EnvironmentVariable] = []
    /// Inside the sandbox.
    public internal(set) var workingDirectory: String?
    /// Below those of the project; nil: none of its own.
    public internal(set) var memoryMax: Bytes?
    public internal(set) var pidsMax: UInt32?
    public internal(set) var cpuMax: CPUBandwidth?
    public internal(set) var timeLimit: Milliseconds?
    public internal(set) var terminal = false
    public internal(set) var interactive = false
    public internal(set) var detached = false

    /// `bulkhead exec PROJECT [OPTION]… [--] COMMAND [ARG]…`
    init(
        exec parsed: ParsedArguments, _ surroundings: Surroundings
    ) throws(ArgumentsError) {
        let name = try parsed.operand(0, "PROJECT")
        let program = try parsed.operand(1, "COMMAND")
        command = Array(parsed.operands[1...])
        isTask = false
        do throws(InvalidValue) {
            project = try ProjectName(name)
            try RunArguments.check(command: program)
            for (name, value) in parsed.options {
                try apply(name, value, surroundings)
            }
        } catch { throw .invalid(error) }
        try refuseContradictions()
    }

    /// `bulkhead rescue PROJECT [[--] COMMAND [ARG]…]`: without a command, a shell at the terminal.
    init(rescue parsed: ParsedArguments) throws(ArgumentsError) {
        let name = try parsed.operand(0, "PROJECT")
        command = Array(parsed.operands.dropFirst())
        isTask = false
        do throws(InvalidValue) {
            project = try ProjectName(name)
            if let program = command.first { try RunArguments.check(command: program) }
        } catch { throw .invalid(error) }
        if command.isEmpty {
            command = ["sh"]
            terminal = true
            interactive = true
        }
    }

    /// `bulkhead run --project PROJECT [OPTION]… TASK [ARG]…`, or `… -- COMMAND [ARG]…`
    init(
        run parsed: ParsedArguments, in name: String, _ surroundings: Surroundings
    ) throws(ArgumentsError) {
        for (name, _) in parsed.options {
            if let option = RunOption(rawValue: name), !option.appliesInProject {
                throw .contradiction(
                    "\(option.spelling) shapes a sandbox of its own, and --project has one already",
                    remedy: "leave one of the two out, or set it in the project's configuration")
            }
        }
        guard let first = parsed.operands.first else {
            throw .missingOperand(
                "TASK or COMMAND", command: "run", example: "bulkhead run -p shop -- make test")
        }
        isTask = true
        let isCommand = parsed.operandsBeforeSeparator == 0
        var words = isCommand ? parsed.operands[...] : parsed.operands.dropFirst()
        if !isCommand && words.first == "--" { words.removeFirst() }
        command = Array(words)
        do throws(InvalidValue) {
            project = try ProjectName(name)
            if isCommand {
                try RunArguments.check(command: first)
            } else {
                task = try Self.task(first)
            }
            for (name, value) in parsed.options {
                try apply(name, value, surroundings)
            }
        } catch { throw .invalid(error) }
        try refuseContradictions()
    }

    /// The name of a task; what looks like a command gets told how to write one.
    private static func task(_ text: String) throws(InvalidValue) -> WorkloadName {
        do throws(InvalidValue) { return try WorkloadName(text) } catch {
            throw InvalidValue(
                "TASK", text, error.reason,
                hint: "a command of its own comes after --: bulkhead run -p PROJECT -- COMMAND")
        }
    }

    private mutating func apply(
        _ name: String, _ value: String, _ surroundings: Surroundings
    ) throws(InvalidValue) {
        let subject = "--\(name)"
        switch RunOption(rawValue: name) {
        case .detach: detached = true
        case .memory: memoryMax = value == "max" ? nil : try RunArguments.memory(value, subject)
        case .cpu: cpuMax = value == "max" ? nil : try CPUBandwidth(parsing: value, for: subject)
        case .pids:
            pidsMax =
                value == "max"
                ? nil : UInt32(try wholeNumber(parsing: value, in: Limits.pids, for: subject))
        case .timeLimit: timeLimit = try RunArguments.time(value, subject)
        case .workdir: workingDirectory = try PlainPath(inSandbox: value, for: subject).text
        case .env: environment.append(try EnvironmentVariable(parsing: value, for: subject))
        case .envFile:
            let file = try EnvironmentFile(parsing: try surroundings.contents(value), path: value)
            environment += file.variables
        case .name: workload = try WorkloadName(value)
        case .user: identity = try Identity(parsing: value, for: subject)
        case .tty: terminal = true
        case .interactive: interactive = true
        default: break  // Where to ask, and how to answer.
        }
    }

    private func refuseContradictions() throws(ArgumentsError) {
        if detached && (terminal || interactive) {
            throw .contradiction(
                "--detach leaves nothing for \(terminal ? "--tty" : "--interactive") to connect to",
                remedy: "leave one of the two out")
        }
    }
}
