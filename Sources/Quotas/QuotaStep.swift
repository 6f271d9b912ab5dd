public import Plan

/// One limit on its way from one value to another.
public struct QuotaStep: Hashable, Sendable {
    public enum How: Hashable, Sendable {
        case grows
        /// Memory is taken away first.
        case shrinks
        /// Less, and nothing has to be taken away for it.
        case atOnce
        case stays
    }

    public var target: QuotaTarget
    public var name: LimitName
    /// As they hold; nil: no limit, or what is usual.
    public var before: LimitValue?
    public var after: LimitValue?
    public var how: How
    /// Whether it is the configuration's value again.
    public var isReset: Bool

    init(
        _ target: QuotaTarget, _ name: LimitName, from before: LimitValue?, to after: LimitValue?,
        isReset: Bool
    ) {
        self.target = target
        self.name = name
        self.before = before
        self.after = after
        self.isReset = isReset
        how = Self.how(name, before, after)
    }

    private static func how(
        _ name: LimitName, _ before: LimitValue?, _ after: LimitValue?
    ) -> How {
        if before == after { return .stays }
        if name.grows(from: before, to: after) { return .grows }
        switch name {
        case .memory, .memoryHigh: return .shrinks
        default: return .atOnce
        }
    }

    public var from: String { Self.text(before, of: name) }
    public var to: String { Self.text(after, of: name) }

    /// As it is told to people.
    public var manner: String {
        switch how {
        case .grows: "grows"
        case .shrinks: "shrinks"
        case .stays: "stays"
        case .atOnce:
            switch name {
            case .pids: "at once: processes that are there stay, above it forks fail"
            case .openFiles: "at once: for what is started from now on"
            default: "at once"
            }
        }
    }

    /// A limit's value in words.
    public static func text(_ value: LimitValue?, of name: LimitName) -> String {
        value.map(\.text) ?? (name.canBeUnlimited ? "max" : "default")
    }
}
