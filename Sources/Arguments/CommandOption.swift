/// An option as the parser, the help, the completions and the tests of the man pages see it.
///
/// One table of these is read by all of them; so what is documented is what is parsed.
public struct OptionDescription: Hashable, Sendable {
    /// Without the two hyphens.
    public let name: String
    /// The letter that says the same after one hyphen.
    public let letter: Unicode.Scalar?
    /// Nil for a flag.
    public let value: OptionValue?
    public let isRepeatable: Bool
    /// Said of the operands before it, and so once for each group of them.
    public let isForOperands: Bool
    /// What it does, its default in brackets at the end: one sentence without a full stop.
    public let summary: String
    /// The heading that it stands under.
    public let group: String

    init(
        _ name: String, letter: Unicode.Scalar? = nil, value: OptionValue? = nil,
        isRepeatable: Bool = false, isForOperands: Bool = false, _ summary: String,
        group: String = "Options"
    ) {
        self.name = name
        self.letter = letter
        self.value = value
        self.isRepeatable = isRepeatable
        self.isForOperands = isForOperands
        self.summary = summary
        self.group = group
    }

    /// With its hyphens, as it is written.
    public var spelling: String { "--\(name)" }
}

/// What an option takes.
public struct OptionValue: Hashable, Sendable {
    /// What stands for the value in the help: `SIZE`.
    public let placeholder: String
    /// What a shell may offer for it.
    public let completion: WordKind

    init(_ placeholder: String, _ completion: WordKind = .nothing) {
        self.placeholder = placeholder
        self.completion = completion
    }
}

/// What a word of a command line is, for completion.
public enum WordKind: Hashable, Sendable {
    case nothing
    case file
    case directory
    case choices([String])
    case profile
    /// A project's name.
    case project
    /// A project's name, or `PROJECT/WORKLOAD`.
    case workload
    /// A program with its arguments, up to the end of the line.
    case program
}
