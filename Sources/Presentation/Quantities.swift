internal import Plan

/// A span of time in its two largest units: `350ms`, `12s`, `3m 4s`, `2h 5m`, `3d 4h`.
public func span(milliseconds: Int64) -> String {
    let count = max(0, milliseconds)
    if count < 1_000 { return "\(count)ms" }
    let seconds = count / 1_000
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3_600 { return pair(seconds / 60, "m", seconds % 60, "s") }
    if seconds < 86_400 { return pair(seconds / 3_600, "h", seconds / 60 % 60, "m") }
    return pair(seconds / 86_400, "d", seconds / 3_600 % 24, "h")
}

/// Processor time, which is worth a fraction: `0.35s`, `12.4s`, `3m 4s`.
func processorTime(microseconds: Int64) -> String {
    let count = max(0, microseconds)
    if count >= 60_000_000 { return span(milliseconds: count / 1_000) }
    let hundredths = count / 10_000
    if hundredths < 1_000 {
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)s"
    }
    return "\(hundredths / 100).\(hundredths % 100 / 10)s"
}

private func pair(_ large: Int64, _ unit: String, _ small: Int64, _ other: String) -> String {
    small == 0 ? "\(large)\(unit)" : "\(large)\(unit) \(small)\(other)"
}

func size(bytes: Int64) -> String { Bytes(UInt64(max(0, bytes))).description }

/// `1.5`, `0.25`, `12`: thousandths as what they are of, to the hundredth, cut off.
func thousandths(_ count: Int64) -> String {
    let hundredths = max(0, count) / 10
    let rest = hundredths % 100
    if rest == 0 { return "\(hundredths / 100)" }
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest % 10 == 0 ? rest / 10 : rest)"
}

/// `0.0%`, `12.3%`: of what is in percent already; what is none is 0.
func percent(_ share: Double) -> String {
    let tenths = Int64(max(0, min(share, 1_000_000)) * 10)
    return "\(tenths / 10).\(tenths % 10)%"
}

extension Medium {
    /// When something was: `08:34:21` today, `Nov 20 08:34` this year, else `2025-11-20`.
    func time(_ microseconds: Int64) -> String {
        let then = local(microseconds)
        let today = local(now)
        let clock = "\(two(then.hour)):\(two(then.minute))"
        if then.year != today.year { return "\(then.year)-\(two(then.month))-\(two(then.day))" }
        if then.month == today.month && then.day == today.day {
            return "\(clock):\(two(then.second))"
        }
        return "\(Self.month(then)) \(then.day < 10 ? " " : "")\(then.day) \(clock)"
    }

    /// As logs have it: `Nov 21 08:34:21`.
    func timestamp(_ microseconds: Int64) -> String {
        let then = local(microseconds)
        let clock = clock(microseconds)
        return "\(Self.month(then)) \(then.day < 10 ? " " : "")\(then.day) \(clock)"
    }

    /// Wholly: `2026-11-21 08:34:21`.
    public func moment(_ microseconds: Int64) -> String {
        let then = local(microseconds)
        return "\(then.year)-\(two(then.month))-\(two(then.day)) \(clock(microseconds))"
    }

    /// `08:34:21`.
    func clock(_ microseconds: Int64) -> String {
        let then = local(microseconds)
        return "\(two(then.hour)):\(two(then.minute)):\(two(then.second))"
    }

    private static func month(_ time: CalendarTime) -> String {
        let names = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        return names[Int(min(max(time.month, 1), 12)) - 1]
    }

    private func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
