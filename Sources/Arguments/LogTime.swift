public import Plan

/// A moment, as an operator writes it: what systemd.time(7) has of the usual ones, and our spans.
public enum LogTime: Hashable, Sendable {
    case ago(Milliseconds)
    /// In the time zone of this machine.
    case local(year: Int32, month: Int32, day: Int32, hour: Int32, minute: Int32, second: Int32)
    /// So many days after today, likewise.
    case day(after: Int32, hour: Int32, minute: Int32, second: Int32)
    /// Seconds since the epoch.
    case epoch(Int64)

    /// Reads `10m`, `-10m`, `10 minutes ago`, `now`, `today`, `yesterday`, `tomorrow`, `09:30`,
    /// `2026-11-21`, `2026-11-21T09:30`, `2026-11-21 09:30:15` or `@1795252200`.
    init(parsing text: String, for subject: String) throws(InvalidValue) {
        guard text.utf8.count <= Self.bytesMax, let time = Self.parse(text) else {
            throw InvalidValue(subject, text, "is no time", hint: Self.hint)
        }
        self = time
    }

    static let hint =
        "write 10m or '2 hours ago', 09:30, today, yesterday, now, 2026-11-21, 2026-11-21T09:30"
        + " or @SECONDS"

    private static let bytesMax = 64

    private static func parse(_ text: String) -> LogTime? {
        switch text {
        case "now": return .ago(Milliseconds(0))
        case "today": return .day(after: 0, hour: 0, minute: 0, second: 0)
        case "yesterday": return .day(after: -1, hour: 0, minute: 0, second: 0)
        case "tomorrow": return .day(after: 1, hour: 0, minute: 0, second: 0)
        default: break
        }
        let bytes = Array(text.utf8)
        if bytes.first == UInt8(ascii: "@") {
            return number(bytes.dropFirst(), digits: 1...11).map { .epoch($0) }
        }
        if bytes.first == UInt8(ascii: "-") { return span(bytes.dropFirst()).map { .ago($0) } }
        let ago = Array(" ago".utf8)
        if bytes.count > ago.count, bytes.suffix(ago.count).elementsEqual(ago) {
            return span(bytes.dropLast(ago.count)).map { .ago($0) }
        }
        if bytes.contains(UInt8(ascii: ":")) && !bytes.contains(UInt8(ascii: "-")) {
            return clock(bytes[...]).map {
                .day(after: 0, hour: $0.hour, minute: $0.minute, second: $0.second)
            }
        }
        return bytes.contains(UInt8(ascii: "-")) ? date(bytes) : span(bytes[...]).map { .ago($0) }
    }

    // MARK: Spans

    private static let units: [(names: [String], unit: String)] = [
        (["w", "week", "weeks"], "w"), (["d", "day", "days"], "d"),
        (["h", "hr", "hour", "hours"], "h"), (["m", "min", "minute", "minutes"], "m"),
        (["s", "sec", "second", "seconds"], "s"), (["ms", "msec"], "ms"),
    ]

    /// `1w2d`, `1 hour 30 min`.
    private static func span(_ bytes: ArraySlice<UInt8>) -> Milliseconds? {
        var rest = bytes
        var weeks: Int64 = 0
        var short = ""
        if rest.elementsEqual("0".utf8) { return Milliseconds(0) }
        while !rest.isEmpty {
            let numeral = rest.prefix { isDigit($0) || $0 == UInt8(ascii: ".") }
            rest = rest.dropFirst(numeral.count).drop { $0 == UInt8(ascii: " ") }
            let word = rest.prefix { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
            rest = rest.dropFirst(word.count).drop { $0 == UInt8(ascii: " ") }
            let name = String(decoding: Array(word), as: UTF8.self)
            guard !numeral.isEmpty, let unit = units.first(where: { $0.names.contains(name) })
            else { return nil }
            if unit.unit == "w" {
                // The largest comes first.
                guard short.isEmpty, weeks == 0, let count = number(numeral, digits: 1...4) else {
                    return nil
                }
                weeks = count
            } else {
                short += String(decoding: Array(numeral), as: UTF8.self) + unit.unit
            }
        }
        var total = UInt64(weeks) * 7 * 86_400_000
        if !short.isEmpty {
            guard let part = try? Milliseconds(parsing: short, for: "") else { return nil }
            total += part.count
        }
        return bytes.isEmpty ? nil : Milliseconds(total)
    }

    // MARK: Dates

    /// `2026-11-21`, and behind a `T` or a space the clock.
    private static func date(_ bytes: [UInt8]) -> LogTime? {
        guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = number(bytes[0..<4], digits: 4...4), year >= 1970,
            let month = number(bytes[5..<7], digits: 2...2), (1...12).contains(month),
            let day = number(bytes[8..<10], digits: 2...2), day >= 1,
            day <= days(of: month, in: year)
        else { return nil }
        var time: (hour: Int32, minute: Int32, second: Int32) = (0, 0, 0)
        if bytes.count > 10 {
            guard bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "),
                let found = clock(bytes[11...])
            else { return nil }
            time = found
        }
        return .local(
            year: Int32(year), month: Int32(month), day: Int32(day), hour: time.hour,
            minute: time.minute, second: time.second)
    }

    /// `09:30` or `09:30:15`.
    private static func clock(
        _ bytes: ArraySlice<UInt8>
    ) -> (hour: Int32, minute: Int32, second: Int32)? {
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, let hour = number(parts[0], digits: 2...2),
            let minute = number(parts[1], digits: 2...2),
            let second = parts.count == 3 ? number(parts[2], digits: 2...2) : 0, hour < 24,
            minute < 60, second < 60
        else { return nil }
        return (Int32(hour), Int32(minute), Int32(second))
    }

    private static func days(of month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>, digits: ClosedRange<Int>) -> Int64? {
        guard digits.contains(bytes.count), bytes.allSatisfy(isDigit) else { return nil }
        return bytes.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
