/// The limit that suits what a project uses of a resource: enough for what may come, little more.
///
/// Several simple rules are kept side by side: how far above a peak that fades in half an hour, in hours, in a day
/// or in a week, above what is seldom exceeded, above what is usual at this hour of the week. Each is
/// charged for every time in which its limit would have been too low, and for what it would have left unused.
/// The one that was cheapest lately is followed (Rzadca et al., "Autopilot", EuroSys 2020, section 3.2.2).
/// A killed process and stalls count as use that was not possible, and raise the limit at once; it falls in
/// steps.
public struct DemandEstimator: Hashable, Sendable {
    /// Seconds in which a remembered peak fades to half: of each of the four rules that follow peaks.
    static let peakHalfLives = SIMD4<Double>(1_800, 10_800, 86_400, 604_800)
    private static let ruleCount = 6
    private static let percentileRule = 4
    private static let weeklyRule = 5
    /// In this share of the time more may be used than the rule of the percentile says.
    private static let percentile = 0.99
    /// Having too little once costs as much as leaving all of the limit unused for so many seconds: half a day.
    private static let overrunCost = 43_200.0
    /// By so many minutes a limit is raised ahead of an hour in which more is usual.
    private static let leadMinutes = 15
    /// Another rule is followed when it is so much cheaper.
    private static let loyalty: Float = 0.9
    /// Nothing is said before so many seconds were seen.
    private static let secondsLeast = 1_800.0
    /// However long a process stalled, it is taken to want so much more at most.
    private static let stallMax = 0.25

    public private(set) var histogram: DecayingHistogram
    public private(set) var pattern = WeeklyPattern()
    /// The limit in force by the last `follow`; nil: none yet.
    public private(set) var limit: Double?
    public private(set) var basis = Basis.unknown
    private var peaks = SIMD4<Double>.zero
    private var costs = SIMD8<Float>.zero
    private var rule = 0
    private var latest = 0.0
    private var cause: Basis?

    /// - Parameter least: values below it are alike.
    public init(least: Double) { histogram = DecayingHistogram(least: least) }

    /// Adds what was used.
    ///
    /// - Parameters:
    ///   - pressure: the share of the span in which tasks stalled for want of it.
    ///   - kills: how often a process was killed for want of it.
    mutating func observe(
        _ value: Double, pressure: Double, kills: Int, minuteOfWeek: Int, decay: Decay,
        _ tunables: Tunables
    ) {
        var wanted = value
        cause = nil
        if kills > 0 {
            wanted = value * (1 + tunables.killBoost)
            cause = .kill
        } else if pressure >= tunables.pressure {
            wanted = value * (1 + min(pressure, Self.stallMax))
            cause = .pressure
        }
        // Rules are charged before they learn what came.
        if histogram.seconds > 0 { charge(wanted, minuteOfWeek: minuteOfWeek, decay, tunables) }
        latest = wanted
        let faded = peaks * decay.peaks
        peaks = faded.replacing(with: wanted, where: faded .< wanted)
        histogram.add(wanted, seconds: decay.seconds, growth: decay.memoryGrowth)
        pattern.add(wanted, minuteOfWeek: minuteOfWeek)
    }

    private mutating func charge(
        _ wanted: Double, minuteOfWeek: Int, _ decay: Decay, _ tunables: Tunables
    ) {
        var limits = SIMD8<Double>.zero
        for each in 0..<4 { limits[each] = peaks[each] }
        limits[Self.percentileRule] = level(Self.percentileRule, minuteOfWeek: minuteOfWeek)
        limits[Self.weeklyRule] = level(Self.weeklyRule, minuteOfWeek: minuteOfWeek)
        limits *= 1 + tunables.margin
        // All at once: nothing that takes longer is done for each project at each look.
        let unused = (limits - wanted) / limits * decay.seconds
        let cost = unused.replacing(with: Self.overrunCost, where: limits .< wanted)
            .replacing(with: 0, where: limits .<= 0)
        costs = costs * Float(decay.cost) + SIMD8<Float>(cost)
        var cheapest = rule
        for each in 0..<Self.ruleCount where costs[each] < costs[cheapest] { cheapest = each }
        if costs[cheapest] < costs[rule] * Self.loyalty { rule = cheapest }
    }

    /// What a rule says will be used, without a margin.
    private func level(_ rule: Int, minuteOfWeek: Int) -> Double {
        switch rule {
        case Self.percentileRule:
            return max(peaks[0], histogram.percentile(Self.percentile) ?? 0)
        case Self.weeklyRule:
            let forecast = pattern.forecast(minuteOfWeek: minuteOfWeek, ahead: Self.leadMinutes)
            return max(peaks[0], forecast ?? peaks[3])
        default: return peaks[rule]
        }
    }

    /// Moves the limit towards what suits, and says what was decisive.
    ///
    /// - Parameters:
    ///   - least: no less than that, what is guaranteed.
    ///   - most: no more than that, the configured limit.
    mutating func follow(least: Double, most: Double, minuteOfWeek: Int, _ tunables: Tunables) {
        guard histogram.seconds >= Self.secondsLeast else { return }
        var reason: Basis
        switch rule {
        case Self.percentileRule: reason = .percentile
        case Self.weeklyRule: reason = .weekly
        default: reason = .recentPeak
        }
        // Also while another rule is followed, what just happened is not to happen again.
        var target = max(level(rule, minuteOfWeek: minuteOfWeek), latest) * (1 + tunables.margin)
        if let cause { reason = cause }
        if target < least { (target, reason) = (least, .guarantee) }
        if target > most { (target, reason) = (most, .limit) }
        guard let current = limit else {
            (limit, basis) = (target, reason)
            return
        }
        let isNear = latest * (1 + tunables.margin / 2) > current
        if target > current * (1 + tunables.hysteresis) || target > current && isNear {
            (limit, basis) = (target, reason)
        } else if target < current * (1 - tunables.hysteresis) || current > most {
            let step = min(current * (1 - tunables.stepDown), most)
            (limit, basis) = target < step ? (step, .step) : (target, reason)
        }
    }
}
