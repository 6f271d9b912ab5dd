internal import Configuration
internal import Plan
internal import Simulation

/// As long as a simulation may be.
let year = Milliseconds(UInt64(Scenario.durationMax))

/// A time in milliseconds.
func time(from least: UInt64) -> Value<Int64> {
    Value("time") { (text) throws(InvalidValue) in
        let time = try Milliseconds(parsing: text, for: "")
        if time.count < least {
            throw InvalidValue("", text, "is less than \(Milliseconds(least))")
        }
        if time > year { throw InvalidValue("", text, "is more than \(year)") }
        return Int64(time.count)
    }
}

extension DemandTable.Amount {
    /// Processors, in millicores.
    static let processors = DemandTable.Amount(kind: "processors", example: "1.5") {
        (text) throws(InvalidValue) in
        if text == "0" { return 0 }
        return Double(try CPUBandwidth(parsing: text, for: "").millicores)
    }

    /// A size, in bytes.
    static let size = DemandTable.Amount(kind: "size", example: "512M") {
        (text) throws(InvalidValue) in
        if text == "0" { return 0 }
        let size = try Bytes(parsing: text, for: "")
        // Four times what the largest machine of today has; sums stay exact.
        if size.count > 1 << 48 { throw InvalidValue("", text, "is more than 256 tebibytes") }
        return Double(size.count)
    }
}

let weekdayNames = [
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
]

/// A bit for each day, Monday being bit 0; the working days where none is named.
func weekdays(_ names: [Located<String>]) -> UInt8 {
    if names.isEmpty { return 0b001_1111 }
    return names.reduce(0) { days, name in
        days | (weekdayNames.firstIndex(of: name.value).map { 1 << UInt8($0) } ?? 0)
    }
}

/// Of `HH:MM`, which has been checked.
func minuteOfDay(_ text: String) -> Int {
    let parts = text.utf8.split(separator: UInt8(ascii: ":")).map {
        Int(String(Substring($0))) ?? 0
    }
    return parts.count < 2 ? 0 : parts[0] * 60 + parts[1]
}

/// `monday 09:00`.
let weekMoment = Value<Int>("weekday and time of day") { (text) throws(InvalidValue) in
    let words = text.utf8.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
    guard words.count == 2, let day = weekdayNames.firstIndex(of: words[0].lowercased()) else {
        throw InvalidValue("", text, "is no moment of a week", hint: "write monday 00:00")
    }
    return day * 1_440 + minuteOfDay(try checkedTimeOfDay(words[1]))
}

private func checkedTimeOfDay(_ text: String) throws(InvalidValue) -> String {
    let bytes = Array(text.utf8)
    guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"), let hour = Int(text.prefix(2)),
        let minute = Int(text.suffix(2)), (0..<24).contains(hour), (0..<60).contains(minute)
    else { throw InvalidValue("", text, "is no time of day", hint: "write 09:00") }
    return text
}

/// A factor such as 1.5, from a hundredth to a hundred.
let factor = Value<Double>("number") { (text) throws(InvalidValue) in
    let thousandths: UInt32
    do throws(InvalidValue) {
        thousandths = try CPUBandwidth(parsing: text, for: "").millicores
    } catch { throw InvalidValue("", text, error.reason, hint: "write a number such as 1.5") }
    if thousandths > 100_000 { throw InvalidValue("", text, "is more than 100") }
    return Double(thousandths) / 1_000
}

/// How often in an hour, from 0 to 3,600.
let ratePerHour = Value<Double>("number") { (text) throws(InvalidValue) in
    if text == "0" { return 0 }
    do throws(InvalidValue) {
        let rate = try CPUBandwidth(parsing: text, for: "")
        if rate.millicores <= 3_600_000 { return Double(rate.millicores) / 1_000 }
    } catch { throw InvalidValue("", text, error.reason, hint: "write a number such as 0.5") }
    throw InvalidValue("", text, "is more than 3600")
}
