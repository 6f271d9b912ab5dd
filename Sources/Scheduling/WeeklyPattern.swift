/// The most that was used in each hour of the week, and so what is likely to be used in the next.
public struct WeeklyPattern: Hashable, Sendable {
    static let hours = 168
    /// What the newest week counts against all before it: a habit that ends is forgotten in a few weeks.
    private static let newest: Float = 0.5

    /// Negative: nothing is known of that hour.
    private var peaks: [Float] = []
    private var hour = -1
    private var peak: Float = 0

    public init() {}

    /// Adds a value. Hours that were not seen keep what was known of them.
    public mutating func add(_ value: Double, minuteOfWeek: Int) {
        let now = Self.hour(minuteOfWeek)
        if now != hour {
            close()
            hour = now
            peak = 0
        }
        peak = max(peak, Float(value))
    }

    private mutating func close() {
        if hour < 0 { return }
        if peaks.isEmpty { peaks = Array(repeating: -1, count: Self.hours) }
        let old = peaks[hour]
        peaks[hour] = old < 0 ? peak : old + (peak - old) * Self.newest
    }

    /// What is likely to be used from a minute of the week on, for so many minutes: what was in those hours
    /// of the week, or, while that is not known, of the day before. Nil: neither is.
    public func forecast(minuteOfWeek: Int, ahead: Int) -> Double? {
        if peaks.isEmpty { return nil }
        let (from, to) = (Self.hour(minuteOfWeek), Self.hour(minuteOfWeek + ahead))
        guard let first = known(from) else { return known(to) }
        return max(first, known(to) ?? 0)
    }

    private func known(_ hour: Int) -> Double? {
        for index in [hour, (hour + Self.hours - 24) % Self.hours] where peaks[index] >= 0 {
            return Double(peaks[index])
        }
        return nil
    }

    private static func hour(_ minuteOfWeek: Int) -> Int {
        let minute = minuteOfWeek % WorkHours.minutesOfWeek
        return (minute < 0 ? minute + WorkHours.minutesOfWeek : minute) / 60
    }
}
