/// The options of one command. Its raw value is the option's name without the two hyphens.
///
/// This one table is read by the parser, `--help` and the completions, and a test holds the man page
/// to it; so what is documented is what is parsed.
public protocol CommandOption: RawRepresentable, CaseIterable, Hashable, Sendable
where RawValue == String, AllCases == [Self] {
    /// Nil for a flag.
    var value: OptionValue? { get }
    var isRepeatable: Bool { get }
    /// What it does, its default in brackets at the end: one sentence without a full stop.
    var summary: String { get }
    /// The heading that it stands under.
    var group: String { get }
}

extension CommandOption {
    /// With its hyphens, as it is written.
    public var spelling: String { "--\(rawValue)" }
    public var group: String { "Options" }
    public var isRepeatable: Bool { false }
}

/// What an option takes.
public struct OptionValue: Hashable, Sendable {
    public enum Completion: Hashable, Sendable {
        case nothing
        case file
        case directory
        case choices([String])
        case profile
    }

    /// What stands for the value in the help: `SIZE`.
    public let placeholder: String
    /// What a shell may offer for it.
    public let completion: Completion

    init(_ placeholder: String, _ completion: Completion = .nothing) {
        self.placeholder = placeholder
        self.completion = completion
    }
}
