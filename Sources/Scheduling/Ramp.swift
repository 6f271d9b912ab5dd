/// How much a project has as the level of progressive filling rises.
///
/// At level λ a project of weight w has a dominant share of λ·w: so large a part of the resource of which
/// its proportions take the largest part of all there is, and of every other resource as much as belongs to
/// that (Ghodsi et al., "Dominant Resource Fairness", NSDI 2011). Of each it gets no less than its floor and
/// no more than it wants.
struct Ramp: Hashable, Sendable {
    /// How much more it gets of each resource as λ rises by 1.
    let slope: SIMD4<Double>
    let floor: SIMD4<Double>
    let want: SIMD4<Double>
    /// Which resources it wants: a bit for each. All, where that makes no difference.
    let mask: UInt8

    /// Nil where nothing is wanted that there is any of.
    init?(_ claim: Claim, capacity: SIMD4<Double>, _ filling: FairShares.Filling) {
        guard claim.weight > 0 else { return nil }
        let parts = claim.proportions?.lanes ?? capacity
        var dominant = 0.0
        var mask: UInt8 = 0
        for lane in 0..<4 where capacity[lane] > 0 {
            dominant = max(dominant, parts[lane] / capacity[lane])
            if claim.want.lanes[lane] > 0 { mask |= 1 << UInt8(lane) }
        }
        guard dominant > 0, mask != 0 else { return nil }
        self.mask = filling == .together ? mask : 0b1111
        slope = parts * (claim.weight / dominant)
        floor = claim.floor.lanes
        want = claim.want.lanes
    }

    /// What it has in the end, where there is enough for all.
    var end: SIMD4<Double> { want.replacing(with: floor, where: slope .<= 0) }

    /// What it has at a level of each resource. A level is finite.
    ///
    /// - Parameter kept: how much of floors can be kept; less than 1 where they are more than there is.
    func amounts(at level: SIMD4<Double>, kept: SIMD4<Double>) -> SIMD4<Double> {
        pointwiseMin(want, pointwiseMax(floor * kept, slope * level))
    }

    /// Where its line for a resource begins to rise, and where it ends; nil where it does not.
    func breakpoints(
        _ lane: Int, of project: Int32
    ) -> (start: BreakpointList.Breakpoint, end: BreakpointList.Breakpoint)? {
        guard mask >> UInt8(lane) & 1 == 1, want[lane] > floor[lane], slope[lane] > 0 else {
            return nil
        }
        return (
            BreakpointList.Breakpoint(
                level: floor[lane] / slope[lane], project: project, mask: mask,
                slope: slope[lane], constant: -floor[lane]),
            BreakpointList.Breakpoint(
                level: want[lane] / slope[lane], project: project, mask: mask,
                slope: -slope[lane], constant: want[lane])
        )
    }
}
