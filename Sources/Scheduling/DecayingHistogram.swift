/// How often a quantity was how large, in which what is longer ago counts less: half as much after each
/// half-life. Buckets grow by a constant factor, so that an error is a share of the value
/// (Rzadca et al., "Autopilot: workload autoscaling at Google", EuroSys 2020, section 3.2.1).
public struct DecayingHistogram: Hashable, Sendable {
    /// From one bucket to the next.
    private static let growth = 1.06
    private static let bucketCount = 240

    /// The upper end of the first bucket.
    public let least: Double
    /// Seconds.
    public let halfLife: Double
    private var buckets: [Float] = []
    /// Where `buckets` begins: most projects use few of all there are.
    private var first = 0
    private var total = 0.0
    /// What a sample weighs now, against the first.
    private var scale = 1.0

    /// - Parameters:
    ///   - least: below it values are alike.
    ///   - halfLife: in seconds.
    public init(least: Double, halfLife: Double) {
        self.least = least
        self.halfLife = halfLife
    }

    public var isEmpty: Bool { total == 0 }

    /// Adds a value that held for so many seconds.
    public mutating func add(_ value: Double, seconds: Double) {
        guard seconds > 0, value.isFinite, value >= 0 else { return }
        scale *= exponential2(seconds / halfLife)
        let weight = seconds * scale
        let bucket = Self.bucket(of: value, least: least)
        if buckets.isEmpty {
            first = bucket
            buckets = [0]
        } else if bucket < first {
            buckets.insert(contentsOf: repeatElement(0, count: first - bucket), at: 0)
            first = bucket
        } else if bucket >= first + buckets.count {
            buckets.append(contentsOf: repeatElement(0, count: bucket - first - buckets.count + 1))
        }
        buckets[bucket - first] += Float(weight)
        total += weight
        if scale > 1e6 { renormalise() }
    }

    /// The least value that so large a share of the time was not exceeded; nil where nothing is known.
    /// Within a bucket it is the upper end.
    public func percentile(_ share: Double) -> Double? {
        if total == 0 { return nil }
        var sum = 0.0
        for (index, weight) in buckets.enumerated() {
            sum += Double(weight)
            if sum >= share * total * (1 - 1e-6) {
                return Self.end(of: first + index, least: least)
            }
        }
        return Self.end(of: first + buckets.count - 1, least: least)
    }

    /// Weights grow in place of old ones becoming less; from time to time all are made small again, and
    /// what is next to nothing is forgotten.
    private mutating func renormalise() {
        total = 0
        for index in buckets.indices {
            buckets[index] /= Float(scale)
            if buckets[index] < 1e-3 { buckets[index] = 0 }
            total += Double(buckets[index])
        }
        scale = 1
        while let last = buckets.last, last == 0 { buckets.removeLast() }
        let empty = buckets.prefix { $0 == 0 }.count
        buckets.removeFirst(empty)
        first += empty
    }

    private static func bucket(of value: Double, least: Double) -> Int {
        var low = 0
        var high = bucketCount - 1
        // The first whose end is no less.
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] * least >= value { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func end(of bucket: Int, least: Double) -> Double { ends[bucket] * least }

    private static let ends: [Double] = {
        var result: [Double] = []
        var end = 1.0
        for _ in 0..<bucketCount {
            result.append(end)
            end *= growth
        }
        return result
    }()
}

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
