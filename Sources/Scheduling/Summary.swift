/// How equal the weighted shares are of those that go short.
struct Summary: Hashable, Sendable {
    /// Of the weighted shares of those that go short, for each resource: count, sum and sum of squares.
    private var counts = SIMD4<Double>.zero
    private var sums = SIMD4<Double>.zero
    private var squares = SIMD4<Double>.zero

    /// Below this part of what is wanted somebody goes short and is not rounded.
    private static let short = 0.999

    /// Adds a project. Who has its guarantee or more than it wants is none that shares.
    ///
    /// - Parameter slope: what the project's weight is worth of each resource.
    mutating func add(
        _ allocation: SIMD4<Double>, want: SIMD4<Double>, floor: SIMD4<Double>,
        slope: SIMD4<Double>
    ) {
        let isShort =
            (allocation .< want * Self.short) .& (allocation .> floor) .& (slope .> .zero)
        if !any(isShort) { return }
        let share = (allocation / slope).replacing(with: 0, where: .!isShort)
        counts += SIMD4<Double>.zero.replacing(with: 1, where: isShort)
        sums += share
        squares += share * share
    }

    /// Jain's index of the resource of which it is the least.
    var fairness: Double {
        var result = 1.0
        for lane in 0..<4 where counts[lane] > 0 && squares[lane] > 0 {
            result = min(result, sums[lane] * sums[lane] / (counts[lane] * squares[lane]))
        }
        return result
    }
}
