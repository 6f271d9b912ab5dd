public import Plan

/// What a project's limit should be, by what it used.
public struct Advice: Hashable, Sendable {
    public enum Confidence: String, Hashable, Sendable {
        /// Less than a day was seen.
        case low
        /// Less than a week.
        case medium
        case high
    }

    public let name: ProjectName
    public let resource: Resource
    /// What it is now.
    public let limit: Double
    public let suggested: Double
    /// Half of the time it used no more, nearly always no more, and never of late.
    public let median: Double
    public let usual: Double
    public let most: Double
    /// For how long it was seen.
    public let seconds: Double
    public let kills: Int
    /// The share of time in which its tasks stood still for want of it.
    public let stalled: Double
    public let confidence: Confidence

    /// One line, without a full stop.
    public var evidence: String {
        let hours = Int(seconds / 3_600)
        let median = Self.amount(median, resource)
        let usual = Self.amount(usual, resource)
        let most = Self.amount(most, resource)
        var text = "in \(hours) hours it used \(median) half of the time, "
        text += "\(usual) or less in 99 % of it, \(most) at most"
        if kills > 0 { text += "; \(kills) processes were killed for want of it" }
        if stalled >= 0.01 { text += "; its tasks stalled for \(Int(stalled * 100 + 0.5)) % of it" }
        return text
    }

    private static func amount(_ value: Double, _ resource: Resource) -> String {
        switch resource {
        case .cpu: "\(Reason.short(value / 1_000)) CPU"
        case .memory, .disk: "\(Reason.short(value / Double(1 << 20))) MiB"
        case .slots: Reason.short(value)
        }
    }
}

extension Scheduler {
    /// A limit that is off by less is good enough.
    private static let adviceLeast = 0.1
    private static let day = 86_400.0
    /// Before an hour there is nothing to go by.
    private static let hour = 3_600.0

    /// Limits of a project that should be others, with what speaks for it: none where all is well or too
    /// little is known.
    public func advice(for name: ProjectName) -> [Advice] {
        guard let seat = seat(of: name) else { return [] }
        let limit = terms[seat].limit
        let habits = habits[seat]
        return [
            advice(
                name, .cpu, habits.cpu, limit[.cpu], kills: 0,
                // Who used all it may have would have used more.
                boost: stalled(habits) >= tunables.pressure ? 1 + stalled(habits) : 1,
                stalled: stalled(habits)),
            advice(
                name, .memory, habits.memory.histogram, limit[.memory], kills: habits.kills,
                boost: 1, stalled: 0),
        ].compactMap { $0 }
    }

    private func stalled(_ habits: Habits) -> Double {
        habits.cpu.seconds > 0 ? habits.stalledSeconds / habits.cpu.seconds : 0
    }

    private func advice(
        _ name: ProjectName, _ resource: Resource, _ histogram: DecayingHistogram,
        _ limit: Double, kills: Int, boost: Double, stalled: Double
    ) -> Advice? {
        guard histogram.seconds >= Self.hour, let median = histogram.percentile(0.5),
            let usual = histogram.percentile(0.99), let most = histogram.percentile(1)
        else { return nil }
        let suggested = min(
            (resource == .cpu ? usual : most) * boost * (1 + tunables.margin), capacity[resource])
        if abs(suggested - limit) <= Self.adviceLeast * limit { return nil }
        return Advice(
            name: name, resource: resource, limit: limit, suggested: suggested, median: median,
            usual: usual, most: most, seconds: histogram.seconds, kills: kills, stalled: stalled,
            confidence: histogram.seconds < Self.day
                ? .low : histogram.seconds < 7 * Self.day ? .medium : .high)
    }
}
