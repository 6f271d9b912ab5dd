/// The most that was used in each hour of the week, and so what is likely to be used in the next.
public struct WeeklyPattern: Hashable, Sendable {
    static let hours = 168
    /// What the newest week counts against all before it: a habit that ends is forgotten in a few weeks.
    private static let newest: Float = 0.5

    /// Negative, here and below: nothing is known of that hour.
    private var peaks: [Float] = []
    private var hour = -1
    private var peak: Float = 0
    /// Of `hour` and the one after it, looked up once for all looks of an hour.
    private var here: Float = -1
    private var next: Float = -1

    public init() {}

    /// Adds a value. Hours that were not seen keep what was known of them.
    public mutating func add(_ value: Double, minuteOfWeek: Int) {
        let now = Self.hour(minuteOfWeek)
        if now != hour {
            close()
            hour = now
            peak = 0
            here = known(now)
            next = known(now + 1)
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
        let first = expected(Self.hour(minuteOfWeek))
        let second = expected(Self.hour(minuteOfWeek + ahead))
        let most = max(first, second)
        return most < 0 ? nil : Double(most)
    }

    private func expected(_ hour: Int) -> Float {
        if hour == self.hour { return here }
        if hour == self.hour + 1 { return next }
        return known(hour)
    }

    private func known(_ hour: Int) -> Float {
        if peaks.isEmpty { return -1 }
        let hour = hour % Self.hours
        if peaks[hour] >= 0 { return peaks[hour] }
        return peaks[(hour + Self.hours - 24) % Self.hours]
    }

    private static func hour(_ minuteOfWeek: Int) -> Int {
        let minute = minuteOfWeek % WorkHours.minutesOfWeek
        return (minute < 0 ? minute + WorkHours.minutesOfWeek : minute) / 60
    }
}
