public import Plan

/// What a command line asks for.
public enum Invocation: Hashable, Sendable {
    /// `bulkhead` and nothing more.
    case usage
    case run(RunArguments)
    case doctor(json: Bool)
    case profile(ProfileAction)
    case completion(Shell)
    case version
    /// Nil: of `bulkhead` as a whole.
    case help(CommandName?)

    public enum ProfileAction: Hashable, Sendable {
        case list
        case show(ProfileReference, json: Bool)
        case check([ProfileReference])
    }

    public enum Shell: String, CaseIterable, Hashable, Sendable {
        case bash
        case zsh
        case fish
    }

    /// - Parameter arguments: without the program's own name.
    public init(
        parsing arguments: [String], _ surroundings: Surroundings
    ) throws(ArgumentsError) {
        guard let first = arguments.first else {
            self = .usage
            return
        }
        switch first {
        case "--help", "-h":
            self = .help(nil)
            return
        case "--version":
            self = .version
            return
        default: break
        }
        guard let command = CommandName(rawValue: first) else {
            let names = CommandName.allCases.map(\.rawValue)
            throw .unknownCommand(first, nearest: nearest(to: first, in: names))
        }
        try self.init(command, arguments.dropFirst(), surroundings)
    }

    private init(
        _ command: CommandName, _ arguments: ArraySlice<String>, _ surroundings: Surroundings
    ) throws(ArgumentsError) {
        switch command {
        case .run:
            let parsed = try ParsedArguments<RunOption>(
                parsing: arguments, of: "run", operandsEndOptions: true)
            self = parsed.asksForHelp ? .help(.run) : .run(try RunArguments(parsed, surroundings))
        case .doctor:
            let parsed = try ParsedArguments<DoctorOption>(
                parsing: arguments, of: "doctor", operandsEndOptions: false)
            try Self.refuse(parsed.operands.first, of: "doctor")
            self = parsed.asksForHelp ? .help(.doctor) : .doctor(json: parsed.has(.json))
        case .profile:
            let parsed = try ParsedArguments<ProfileOption>(
                parsing: arguments, of: "profile", operandsEndOptions: false)
            self =
                parsed.asksForHelp
                ? .help(.profile)
                : .profile(
                    try Self.profileAction(parsed.operands, json: parsed.has(.json), surroundings))
        case .completion, .version, .help:
            let parsed = try ParsedArguments<NoOption>(
                parsing: arguments, of: command.rawValue, operandsEndOptions: false)
            self =
                parsed.asksForHelp
                ? .help(command) : try Self.plain(command, parsed.operands)
        }
    }

    /// A command that takes operands only.
    private static func plain(
        _ command: CommandName, _ operands: [String]
    ) throws(ArgumentsError) -> Invocation {
        switch command {
        case .completion:
            let shell = try choice(
                Shell.self, operands, "SHELL", of: command, example: "bulkhead completion bash")
            return .completion(shell)
        case .help:
            if operands.isEmpty { return .help(nil) }
            return .help(
                try choice(
                    CommandName.self, operands, "COMMAND", of: command, example: "bulkhead help run"
                ))
        case .version, .run, .doctor, .profile:
            try refuse(operands.first, of: command.rawValue)
            return .version
        }
    }

    private static func profileAction(
        _ operands: [String], json: Bool, _ surroundings: Surroundings
    ) throws(ArgumentsError) -> ProfileAction {
        enum Verb: String, CaseIterable { case list, show, check }
        let verb = try choice(
            Verb.self, Array(operands.prefix(1)), "ACTION", of: .profile,
            example: "bulkhead profile list")
        if json && verb != .show { try refuse("--json", of: "profile \(verb)") }
        let names = operands.dropFirst()
        if verb == .list {
            try refuse(names.first, of: "profile list")
            return .list
        }
        if names.isEmpty {
            throw .missingOperand(
                "NAME", command: "profile \(verb)", example: "bulkhead profile \(verb) default")
        }
        if verb == .show { try refuse(names.dropFirst().first, of: "profile show") }
        do throws(InvalidValue) {
            var references: [ProfileReference] = []
            for name in names {
                references.append(
                    try ProfileReference(
                        parsing: name, base: surroundings.currentDirectory, for: "profile"))
            }
            return verb == .show ? .show(references[0], json: json) : .check(references)
        } catch {
            throw .invalid(error)
        }
    }

    /// The only operand, which names one of few.
    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _: Choice.Type, _ operands: [String], _ name: String, of command: CommandName,
        example: String
    ) throws(ArgumentsError) -> Choice where Choice.RawValue == String {
        guard let operand = operands.first else {
            throw .missingOperand(name, command: command.rawValue, example: example)
        }
        try refuse(operands.dropFirst().first, of: command.rawValue)
        if let choice = Choice(rawValue: operand) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let hint =
            nearest(to: operand, in: names).map { "did you mean '\($0)'?" }
            ?? "choose one of: \(names.joined(separator: ", "))"
        throw .invalid(
            InvalidValue("\(command.rawValue): \(name)", operand, "is unknown", hint: hint))
    }

    private static func refuse(_ operand: String?, of command: String) throws(ArgumentsError) {
        if let operand { throw .unexpectedOperand(operand, command: command) }
    }
}
