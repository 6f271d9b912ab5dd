/// 2 to the power of `exponent`, without a mathematical library: exact to 10⁻¹² for what is asked here.
func exponential2(_ exponent: Double) -> Double {
    // Beyond the range of a Double all is the same.
    let bounded = min(1_000, max(-1_000, exponent))
    var whole = Int(bounded)
    if Double(whole) > bounded { whole -= 1 }
    let x = (bounded - Double(whole)) * 0.693_147_180_559_945_3
    var term = 1.0
    var sum = 1.0
    for n in 1...18 {
        term *= x / Double(n)
        sum += term
    }
    return sum * Double(sign: .plus, exponent: whole, significand: 1)
}

/// How much what is longer ago counts after a span of time: made once for all projects that are looked at
/// together, since spans repeat.
struct Decay {
    private(set) var seconds = -1.0
    /// By which a histogram's weights grow.
    private(set) var cpuGrowth = 1.0
    private(set) var memoryGrowth = 1.0
    /// What is left of a cost, and of each peak.
    private(set) var cost = 1.0
    private(set) var peaks = SIMD4<Double>(repeating: 1)

    mutating func set(seconds: Double, _ tunables: Tunables) {
        if seconds == self.seconds { return }
        self.seconds = seconds
        cpuGrowth = exponential2(seconds / tunables.cpuHalfLife)
        memoryGrowth = exponential2(seconds / tunables.memoryHalfLife)
        cost = 1 / memoryGrowth
        for lane in 0..<4 {
            peaks[lane] = exponential2(-seconds / DemandEstimator.peakHalfLives[lane])
        }
    }
}
