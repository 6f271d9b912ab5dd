public import Plan

/// The part of the week in which a project is meant to work, as minutes of its week, which begins on
/// Monday at midnight in its time zone.
public struct WorkHours: Hashable, Sendable {
    /// What becomes of the project at other times.
    public enum Outside: Hashable, Sendable {
        /// Its weight is a part of what it is inside.
        case less
        /// It stands still.
        case pause
    }

    public static let minutesOfDay = 1_440
    public static let minutesOfWeek = 7 * minutesOfDay

    /// The minute of the day in which it begins.
    public let start: Int
    /// The first minute of the day after it; less than `start`: it goes on past midnight.
    public let end: Int
    /// On which days it begins: bit 0 is Monday.
    public let days: UInt8
    public let outside: Outside

    /// Throws `InvalidValue` for minutes that no day has, for no day at all, and for hours that are none.
    public init(start: Int, end: Int, days: UInt8, outside: Outside = .less) throws(InvalidValue) {
        let minutes = 0...Self.minutesOfDay
        guard minutes.contains(start), minutes.contains(end), start != Self.minutesOfDay,
            start != end
        else {
            throw InvalidValue(
                "work hours", "\(start)–\(end)", "are no span of a day",
                hint: "write a start and a later end, for example 09:00 and 17:00")
        }
        guard days != 0, days < 1 << 7 else {
            throw InvalidValue(
                "work hours", "days \(days)", "are no days of a week",
                hint: "name days from monday to sunday")
        }
        self.start = start
        self.end = end
        self.days = days
        self.outside = outside
    }

    /// - Parameter minuteOfWeek: any whole number; a week later is the same.
    public func contains(minuteOfWeek: Int) -> Bool {
        var minute = minuteOfWeek % Self.minutesOfWeek
        if minute < 0 { minute += Self.minutesOfWeek }
        let day = minute / Self.minutesOfDay
        let inDay = minute % Self.minutesOfDay
        if start < end { return begins(on: day) && inDay >= start && inDay < end }
        return begins(on: day) && inDay >= start || begins(on: (day + 6) % 7) && inDay < end
    }

    private func begins(on day: Int) -> Bool { days >> UInt8(day) & 1 == 1 }
}
