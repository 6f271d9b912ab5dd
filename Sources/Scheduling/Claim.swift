/// What one project asks of a capacity that is shared.
public struct Claim: Hashable, Sendable {
    /// More than 0: with twice the weight one has twice the share while both want more.
    public let weight: Double
    /// What it gets before anybody gets more than that: no more than it wants.
    public let floor: Amounts
    /// What it could use, within its limits.
    public let want: Amounts
    /// In which proportions its share of the resources rises; nil: by the same part of each.
    public let proportions: Amounts?

    /// - Parameters:
    ///   - guarantee: what is kept for it, if it wants that much.
    ///   - limit: what it may have at most.
    ///   - demand: what it could use.
    ///   - proportions: what a unit of its work takes of each resource, where one is of no use without
    ///     the other. It must not be taken from what the project says or does: by overstating what it
    ///     wants of one resource it would then get more of that one for less of another.
    public init(
        weight: Double, guarantee: Amounts, limit: Amounts, demand: Amounts,
        proportions: Amounts? = nil
    ) {
        self.weight = weight
        want = demand.limited(to: limit)
        floor = guarantee.limited(to: want)
        self.proportions = proportions
    }
}
