public import Plan

/// What `bulkhead quota` does.
public enum QuotaAction: Hashable, Sendable {
    /// Nil: of all projects.
    case show(Target?)
    /// All of them, or none.
    case change([QuotaChange], QuotaTerms)
    /// - limits: empty: all that are not as the configuration has them.
    case reset(Target, [LimitName], QuotaTerms)
    case history(ProjectName?, limit: UInt32)

    enum Name: String, CaseIterable { case show, set, move, reset, history }
    static let names = Name.allCases.map(\.rawValue)
}

/// What one limit is to become.
public struct QuotaChange: Hashable, Sendable {
    public let target: Target
    public let limit: LimitName
    /// As it was written, and understood: `1G`, `max`, `+512M`.
    public let value: String

    init(_ target: Target, _ limit: LimitName, _ value: String) {
        self.target = target
        self.limit = limit
        self.value = value
    }
}

/// On which terms limits are changed.
public struct QuotaTerms: Hashable, Sendable {
    /// After it they are restored; nil: they stay.
    public internal(set) var duration: Milliseconds?
    /// Nothing is done.
    public internal(set) var planOnly = false
    /// They become part of the configuration.
    public internal(set) var persists = false
    public internal(set) var reason: String?
    /// What making room may take; nil: what is usual.
    public internal(set) var budget: Milliseconds?

    /// Bytes of a reason: what fits a line or two of the history.
    public static let reasonMax = 200
}
