internal import Plan

/// How weights and guarantees become `cpu.weight`: what a usual project weighs is 100, as one that nobody said
/// anything about has in the kernel (Documentation/admin-guide/cgroup-v2.rst) and with
/// systemd.resource-control(5). So a weight that a person wrote down is compared with its like.
///
/// Who is guaranteed more than its weight would get weighs as much as that takes. Where somebody then weighs more
/// than the kernel can say, all weigh less in proportion: guarantees come before the scale.
struct WeightScale: Hashable, Sendable {
    static let usual = 100.0
    private static let range = 1.0...10_000.0

    /// For a weight of 1, and for a millicore that is kept for somebody.
    private var perWeight = 0.0
    private var perMillicore = 0.0

    /// Of nobody.
    init() {}

    /// - Parameters:
    ///   - usualWeight: what the strategy has a project weigh of which nothing is said.
    ///   - level: the millicores that a weight of 1 gets; nil: there is enough for all.
    ///   - kept: the part of guarantees that can be kept.
    ///   - heaviest, guaranteed: the largest weight and the largest guarantee of all, in millicores.
    init(
        usualWeight: Double, level: Double?, kept: Double, heaviest: Double, guaranteed: Double
    ) {
        perWeight = Self.usual / usualWeight
        if let level, guaranteed > 0 {
            // Where guarantees take everything, the others' weights come to nothing beside them.
            perMillicore = perWeight * kept / max(level, .leastNormalMagnitude)
            if !perMillicore.isFinite {
                (perWeight, perMillicore) = (0, Self.range.upperBound / guaranteed)
            }
        }
        fit(max(perWeight * heaviest, perMillicore * guaranteed))
    }

    /// Of amounts that somebody else decided on: their mean is what is usual.
    ///
    /// - Parameters: all of them together, how many there are, and the largest, in millicores.
    init(total: Double, count: Int, largest: Double) {
        guard total > 0, count > 0 else { return }
        perMillicore = Self.usual * Double(count) / total
        fit(perMillicore * largest)
    }

    private mutating func fit(_ largest: Double) {
        if largest <= Self.range.upperBound { return }
        let part = Self.range.upperBound / largest
        perWeight *= part
        perMillicore *= part
    }

    /// `cpu.weight` of who weighs so much and has so many millicores kept.
    func value(weight: Double, millicores: Double) -> Int {
        let value = max(perWeight * weight, perMillicore * millicores) + 0.5
        return Int(min(max(value, Self.range.lowerBound), Self.range.upperBound))
    }

    /// Of who is given so many millicores by somebody else's decision.
    func value(millicores: Double) -> Int { value(weight: 0, millicores: millicores) }
}
