/// Why a run ended, with what bears it out: made from evidence that is gone a moment later, and kept.
public struct RunAccount: Hashable, Sendable {
    public var cause: RunCause
    /// One line for a person.
    public var text: String
    /// What was found, a line each, at most `evidenceMax`.
    public var evidence: [String]
    /// The last lines that it wrote, at most `logMax`.
    public var log: [String]
    /// The user who ended it; nil: none did.
    public var actor: UInt32?
    /// A command to type.
    public var suggestion: String?

    public static let evidenceMax = 16
    public static let logMax = 10

    public init(
        _ cause: RunCause, _ text: String, evidence: [String] = [], log: [String] = [],
        actor: UInt32? = nil, suggestion: String? = nil
    ) {
        self.cause = cause
        self.text = text
        self.evidence = Array(evidence.prefix(Self.evidenceMax))
        self.log = log.suffix(Self.logMax)
        self.actor = actor
        self.suggestion = suggestion
    }
}
