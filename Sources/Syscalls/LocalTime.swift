internal import CLinux

/// A time on the calendar of this machine's time zone.
public struct LocalTime: Hashable, Sendable {
    public let year: Int32
    /// 1 to 12.
    public let month: Int32
    public let day: Int32
    public let hour: Int32
    public let minute: Int32
    public let second: Int32

    public init(
        year: Int32, month: Int32, day: Int32, hour: Int32, minute: Int32, second: Int32
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// Of a moment in seconds since the epoch; the epoch's for one beyond any calendar. The
    /// corresponding C function is localtime_r(3).
    public init(secondsSinceEpoch seconds: Int64) {
        var found = bh_calendar(year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0)
        _ = bh_local_time(seconds, &found)
        self.init(
            year: found.year, month: found.month, day: found.day, hour: found.hour,
            minute: found.minute, second: found.second)
    }

    /// The corresponding C function is mktime(3).
    public var secondsSinceEpoch: Int64 {
        var given = bh_calendar(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        return bh_from_local_time(&given)
    }

    /// How many seconds this machine's time zone is ahead of UTC at a moment; 0 for one beyond any calendar.
    /// The corresponding C function is localtime_r(3).
    public static func secondsEast(at secondsSinceEpoch: Int64) -> Int64 {
        bh_seconds_east(secondsSinceEpoch)
    }
}
