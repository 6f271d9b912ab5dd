/// Why something is being ended that would have gone on, and who wants it.
public struct StopOrder: Hashable, Sendable {
    public var cause: RunCause
    /// A few words: `stopped by an operator`.
    public var text: String
    /// The user who asked for it; nil: nobody did, or nobody remembers.
    public var actor: UInt32?

    public init(_ cause: RunCause, _ text: String, actor: UInt32? = nil) {
        self.cause = cause
        self.text = text
        self.actor = actor
    }
}

extension StopOrder {
    /// In one line, for the ledger: `operator 1000 stopped by an operator`.
    public var line: String { "\(cause.rawValue) \(actor.map { "\($0)" } ?? "-") \(text)" }

    /// What `line` made; nil where it made no such thing.
    public init?(line: String) {
        let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let cause = RunCause(rawValue: String(parts[0])) else { return nil }
        let actor = UInt32(parts[1])
        if actor == nil && parts[1] != "-" { return nil }
        self.init(cause, String(parts[2]), actor: actor)
    }
}
