public import Plan

/// What a command line asks for.
public enum Invocation: Hashable, Sendable {
    /// `bulkhead` and nothing more.
    case usage
    case run(RunArguments)
    /// What the supervisor is asked for, also by `run --project`.
    case supervisor(SupervisorArguments)
    /// A prompt.
    case shell
    case doctor(json: Bool)
    /// The program that does it reads the arguments itself.
    case simulate([String])
    /// Likewise, once they are in the form that `AuditRequest.arguments` has.
    case audit(AuditRequest)
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
        let parsed = try ParsedArguments(parsing: arguments, of: command)
        if parsed.asksForHelp {
            self = .help(command)
            return
        }
        switch command {
        case .run:
            if let project = parsed.value(RunOption.project.rawValue) {
                self = .supervisor(
                    try SupervisorArguments(run: parsed, in: project, surroundings))
            } else {
                self = .run(try RunArguments(parsed, surroundings))
            }
        case .doctor:
            try parsed.refuseOperands(after: 0)
            self = .doctor(json: parsed.has(ClientOption.json))
        case .profile: self = .profile(try Self.profileAction(parsed, surroundings))
        case .completion:
            let shell = try parsed.choice(Shell.self, 0, "SHELL")
            try parsed.refuseOperands(after: 1)
            self = .completion(shell)
        case .help:
            if parsed.operands.isEmpty {
                self = .help(nil)
                return
            }
            let subject = try parsed.choice(CommandName.self, 0, "COMMAND")
            try parsed.refuseOperands(after: 1)
            self = .help(subject)
        case .simulate: self = .simulate(Array(arguments))
        case .audit: self = .audit(try AuditRequest(parsed))
        case .shell, .version:
            try parsed.refuseOperands(after: 0)
            self = command == .shell ? .shell : .version
        default: self = .supervisor(try SupervisorArguments(parsed, surroundings))
        }
    }

    private static func profileAction(
        _ parsed: ParsedArguments, _ surroundings: Surroundings
    ) throws(ArgumentsError) -> ProfileAction {
        enum Verb: String, CaseIterable { case list, show, check }
        let verb = try parsed.choice(Verb.self, 0, "ACTION")
        let json = parsed.has(ClientOption.json)
        if json && verb != .show { try refuse("--json", of: "profile \(verb)") }
        let names = parsed.operands.dropFirst()
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

    private static func refuse(_ operand: String?, of command: String) throws(ArgumentsError) {
        if let operand { throw .unexpectedOperand(operand, command: command) }
    }
}
