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
        case learn(LearnRequest)
        case diff(ProfileReference, ProfileReference?, json: Bool)
        case canary(ProfileChangeRequest)
        case enforce(ProfileChangeRequest)
        case allow(ProfileChangeRequest, calls: [String])
    }

    /// `profile learn`.
    public struct LearnRequest: Hashable, Sendable {
        public var change: ProfileChangeRequest
        /// Where the file goes; nil: to the machine's profiles.
        public var output: String?
        /// In the place of what is there.
        public var overwrites: Bool
        /// Beside what is there.
        public var merges: Bool
        public var command: [String]
    }

    /// Which profile of the machine is changed, and why.
    public struct ProfileChangeRequest: Hashable, Sendable {
        public var name: String
        public var reason: String?
        public var socket: String?
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
        let verb = try parsed.choice(ProfileVerb.self, 0, "ACTION")
        let json = parsed.has(ClientOption.json)
        if json && verb != .show && verb != .diff { try refuse("--json", of: "profile \(verb)") }
        let names = parsed.operands.dropFirst()
        if verb == .list {
            try refuse(names.first, of: "profile list")
            return .list
        }
        if names.isEmpty {
            throw .missingOperand("NAME", command: "profile \(verb)", example: verb.example)
        }
        if verb == .show { try refuse(names.dropFirst().first, of: "profile show") }
        if verb == .diff { try refuse(names.dropFirst(2).first, of: "profile diff") }
        if let change = try profileChange(verb, parsed, Array(names)) { return change }
        do throws(InvalidValue) {
            var references: [ProfileReference] = []
            for name in names {
                references.append(
                    try ProfileReference(
                        parsing: name, base: surroundings.currentDirectory, for: "profile"))
            }
            switch verb {
            case .show: return .show(references[0], json: json)
            case .diff:
                return .diff(references[0], references.count > 1 ? references[1] : nil, json: json)
            default: return .check(references)
            }
        } catch {
            throw .invalid(error)
        }
    }

    private enum ProfileVerb: String, CaseIterable {
        case list, show, check, learn, diff, canary, enforce, allow

        /// Whether it makes or changes one of this machine's own.
        var isChange: Bool {
            switch self {
            case .learn, .canary, .enforce, .allow: true
            case .list, .show, .check, .diff: false
            }
        }

        var example: String {
            let command = "bulkhead profile \(rawValue)"
            return switch self {
            case .list: command
            case .show, .check: "\(command) default"
            case .learn: "\(command) shop -- ./run-tests"
            case .diff, .canary, .enforce: "\(command) shop"
            case .allow: "\(command) shop ptrace --reason \"gdb in tests\""
            }
        }
    }

    /// Nil: it changes none.
    private static func profileChange(
        _ verb: ProfileVerb, _ parsed: ParsedArguments, _ names: [String]
    ) throws(ArgumentsError) -> ProfileAction? {
        guard verb.isChange else { return nil }
        let reference: ProfileReference
        do throws(InvalidValue) {
            // Of a path nothing would be said but that it has no base here.
            if names[0].utf8.contains(UInt8(ascii: "/")) {
                throw InvalidValue(
                    "profile", names[0], "is a path, and profiles are changed by their names",
                    hint:
                        "change the file itself, or learn one: bulkhead profile learn NAME -- COMMAND"
                )
            }
            reference = try ProfileReference(parsing: names[0], base: nil, for: "profile")
            if reference.text == "default" {
                throw InvalidValue(
                    "profile", names[0], "is no profile that can be changed",
                    hint: "name one that was learned, or is to be")
            }
        } catch { throw .invalid(error) }
        let change = ProfileChangeRequest(
            name: reference.text, reason: parsed.value(.reason), socket: parsed.value(.socket))
        switch verb {
        case .learn:
            guard names.count > 1 else {
                throw .missingOperand(
                    "COMMAND", command: "profile learn", example: verb.example)
            }
            return .learn(
                LearnRequest(
                    change: change, output: parsed.value(.output),
                    overwrites: parsed.has(.force), merges: parsed.has(.merge),
                    command: Array(names.dropFirst())))
        case .canary, .enforce:
            try refuse(names.dropFirst().first, of: "profile \(verb)")
            return verb == .canary ? .canary(change) : .enforce(change)
        case .allow:
            guard names.count > 1 else {
                throw .missingOperand(
                    "CALL", command: "profile allow", example: verb.example)
            }
            if (change.reason ?? "").isEmpty {
                throw .missingOperand(
                    "--reason TEXT", command: "profile allow", example: verb.example)
            }
            return .allow(change, calls: Array(names.dropFirst()))
        case .list, .show, .check, .diff: return nil
        }
    }

    private static func refuse(_ operand: String?, of command: String) throws(ArgumentsError) {
        if let operand { throw .unexpectedOperand(operand, command: command) }
    }
}
