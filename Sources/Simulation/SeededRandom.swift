internal import Supervision

/// Chance that is the same in every run with the same seed, on every machine: SplitMix64 (Steele, Lea,
/// Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
///
/// Everything that is modelled has one of its own, so that one project more, or one that asks more often,
/// moves nothing of the others.
public struct SeededRandom: Hashable, Sendable {
    private var state: UInt64

    public init(_ seed: UInt64) { state = seed }

    /// One of many that have nothing to do with each other.
    public init(_ seed: UInt64, stream: UInt64) {
        var mixer = SeededRandom(seed ^ (stream &* 0xD134_2543_DE82_EF95))
        state = mixer.next()
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return mixed(state)
    }

    /// From 0 on, below 1.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    public mutating func within(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * unit()
    }

    /// From 0 on, below `count`; the rest of the division is too small to be seen.
    public mutating func below(_ count: Int64) -> Int64 {
        count <= 0 ? 0 : Int64(next() % UInt64(count))
    }

    /// How long one waits for what happens once in `mean` on average and at any time alike.
    public mutating func exponential(mean: Double) -> Double {
        -naturalLogarithm(1 - unit()) * mean
    }
}

/// Of a number above 0, exact to 10⁻¹⁴ and the same on every machine: the significand by the series of
/// the area tangent, the exponent by its factor.
func naturalLogarithm(_ value: Double) -> Double {
    var significand = value.significand
    var exponent = Double(value.exponent)
    // Near 1 the series is short.
    if significand > 1.4142135623730951 {
        significand /= 2
        exponent += 1
    }
    let x = (significand - 1) / (significand + 1)
    let square = x * x
    var power = x
    var sum = 0.0
    for n in stride(from: 1.0, through: 23, by: 2) {
        sum += power / n
        power *= square
    }
    return 2 * sum + exponent * 0.6931471805599453
}
