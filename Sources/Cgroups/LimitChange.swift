public import Plan

/// A limit that was found to be something else than it is now. Nil: the kernel's standard, which for
/// most is that there is no limit.
public struct LimitChange: Hashable, Sendable {
    public let name: LimitName
    public let from: LimitValue?
    public let to: LimitValue?

    public init(_ name: LimitName, from: LimitValue?, to: LimitValue?) {
        self.name = name
        self.from = from
        self.to = to
    }

    /// Whether less is allowed than before.
    var isTighter: Bool { !name.grows(from: from, to: to) }
}
