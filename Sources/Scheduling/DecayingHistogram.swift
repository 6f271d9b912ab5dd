/// How often a quantity was how large, in which what is longer ago counts less: half as much after each
/// half-life. Buckets grow by a constant factor, so that an error is a share of the value
/// (Rzadca et al., "Autopilot: workload autoscaling at Google", EuroSys 2020, section 3.2.1).
public struct DecayingHistogram: Hashable, Sendable {
    /// From one bucket to the next.
    private static let growth = 1.06
    private static let bucketCount = 240
    /// Weights are made small again before their sums lose the digits of what is added.
    private static let scaleMax = 1e6

    /// The upper end of the first bucket.
    public let least: Double
    private var buckets: [Float] = []
    /// Where `buckets` begins: most projects use few of all there are.
    private var first = 0
    private var total = 0.0
    /// What a sample weighs now, against the first.
    private var scale = 1.0
    /// The seconds that were added, old ones included.
    public private(set) var seconds = 0.0

    /// - Parameter least: below it values are alike.
    public init(least: Double) { self.least = least }

    public var isEmpty: Bool { total == 0 }

    /// Adds a value that held for so many seconds.
    ///
    /// - Parameter halfLife: in seconds.
    public mutating func add(_ value: Double, seconds: Double, halfLife: Double) {
        add(value, seconds: seconds, growth: exponential2(seconds / halfLife))
    }

    /// - Parameter growth: 2 to the power of how many half-lives that time is.
    mutating func add(_ value: Double, seconds: Double, growth: Double) {
        guard seconds > 0, value.isFinite, value >= 0 else { return }
        self.seconds += seconds
        scale *= growth
        if scale > Self.scaleMax { renormalise() }
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
    }

    /// The least value that so large a share of the time was not exceeded; nil where nothing is known.
    /// Within a bucket it is the upper end.
    public func percentile(_ share: Double) -> Double? {
        if total == 0 { return nil }
        // From above: high shares are asked for.
        var above = 0.0
        let most = (1 - share) * total + total * 1e-6
        for index in buckets.indices.reversed() {
            above += Double(buckets[index])
            if above > most { return Self.ends[first + index] * least }
        }
        return Self.ends[first] * least
    }

    /// Weights grow in place of old ones becoming less; from time to time all are made small again, and
    /// what is next to nothing is forgotten.
    private mutating func renormalise() {
        total = 0
        for index in buckets.indices {
            buckets[index] = Float(Double(buckets[index]) / scale)
            if buckets[index] < 1e-3 { buckets[index] = 0 }
            total += Double(buckets[index])
        }
        scale = 1
        while let last = buckets.last, last == 0 { buckets.removeLast() }
        let empty = buckets.prefix { $0 == 0 }.count
        buckets.removeFirst(empty)
        first += empty
    }

    /// The first bucket whose end is no less.
    private static func bucket(of value: Double, least: Double) -> Int {
        let ratio = value / least
        if ratio <= 1 { return 0 }
        if ratio >= ends[bucketCount - 1] { return bucketCount - 1 }
        var bucket = Int(starts[cell(of: ratio)])
        while ends[bucket] < ratio { bucket += 1 }
        return bucket
    }

    /// Numbers from 1 on in cells that grow with them, 32 for each power of 2: the exponent and the first
    /// digits as they are stored. So a bucket is found by a look and one or two comparisons.
    private static func cell(of ratio: Double) -> Int {
        Int((ratio.bitPattern - (1.0).bitPattern) >> 47)
    }

    /// The first bucket that the least number of each cell can be in.
    private static let starts: [UInt8] = {
        var result: [UInt8] = []
        for bucket in 0..<bucketCount {
            while result.count <= cell(of: ends[bucket]) { result.append(UInt8(bucket)) }
        }
        return result
    }()

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
