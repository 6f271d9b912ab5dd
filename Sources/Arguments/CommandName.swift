/// The commands of `bulkhead`.
public enum CommandName: String, CaseIterable, Hashable, Sendable {
    case run
    case doctor
    case profile
    case completion
    case version
    case help

    /// What it does: a sentence without a full stop.
    public var summary: String {
        switch self {
        case .run: "run a program in a sandbox of its own"
        case .doctor: "say what this machine can enforce, and what to do where it cannot"
        case .profile: "list, show and check seccomp profiles"
        case .completion: "print a completion script for a shell"
        case .version: "print the version"
        case .help: "explain a command"
        }
    }

    /// The ways to write it, without `bulkhead` in front.
    public var synopses: [String] {
        switch self {
        case .run: ["run [OPTION]… [--] COMMAND [ARG]…"]
        case .doctor: ["doctor [--json]"]
        case .profile:
            ["profile list", "profile show [--json] NAME|FILE", "profile check NAME|FILE…"]
        case .completion: ["completion bash|zsh|fish"]
        case .version: ["version"]
        case .help: ["help [COMMAND]"]
        }
    }

    /// The status it ends with when its own arguments make no sense.
    public var usageStatus: Int32 {
        // Every other status of `run` belongs to the program that it runs, as with env(1).
        self == .run ? 125 : 2
    }

    /// The status it ends with when it fails.
    public var failureStatus: Int32 { self == .run ? 125 : 1 }

    public var options: [OptionDescription] {
        switch self {
        case .run: RunOption.allCases.map(OptionDescription.init)
        case .doctor: DoctorOption.allCases.map(OptionDescription.init)
        case .profile: ProfileOption.allCases.map(OptionDescription.init)
        case .completion, .version, .help: []
        }
    }
}

/// An option as the help, the completions and the test of the man page see it.
public struct OptionDescription: Hashable, Sendable {
    public let spelling: String
    public let value: OptionValue?
    public let isRepeatable: Bool
    public let summary: String
    public let group: String

    init(_ option: some CommandOption) {
        spelling = option.spelling
        value = option.value
        isRepeatable = option.isRepeatable
        summary = option.summary
        group = option.group
    }
}
