/// How much of each resource a project seems to want, from what it used and whether it stood still for want of
/// more. It is what shares are divided by; limits follow a slower and more careful estimate.
struct Demand: Hashable, Sendable {
    /// Nil: nothing is known, and it may want all that it may have.
    private(set) var wanted: Amounts?
    /// Of the last observation alone.
    private var fresh = Amounts.zero

    /// However much it stalls, in one look it wants so many times more than it used at most.
    private static let growthMax = 4.0
    /// What a project that stalls is taken to use at least, of its limit: nothing would not grow.
    private static let seed = 0.01

    /// - Parameter limit: finite.
    mutating func observe(_ use: Use, limit: Amounts, _ tunables: Tunables) {
        var new = use.amounts
        for (resource, pressure) in [
            (Resource.cpu, use.pressure.cpu), (.memory, use.pressure.memory),
        ] {
            let share = Use.share(pressure)
            if share == 0 { continue }
            // Who stalls for a part of the time would have used so much more in it.
            let growth = min(1 / max(1 - share, 1 / Self.growthMax), Self.growthMax)
            let least = share < tunables.pressure ? 0 : Self.seed * limit[resource]
            new[resource] = max(new[resource], least) * growth
        }
        if use.kills > 0 {
            new[.memory] = max(new[.memory], use.amounts[.memory] * (1 + tunables.killBoost))
        }
        new = new.limited(to: limit)
        // What it used a moment ago it may use again at once.
        wanted = new.raised(to: fresh)
        fresh = new
    }

    /// What it wants of what it may have; slots and disk only where that is known.
    func amounts(limit: Amounts) -> Amounts {
        if let wanted { return wanted.limited(to: limit) }
        var all = limit
        all[.disk] = 0
        all[.slots] = 0
        return all
    }
}
