/// How it was over a span that ends at `time`: means, where nothing else is said.
public struct SeriesRow: Hashable, Sendable {
    /// Milliseconds.
    public var time: Int64 = 0
    /// At the end of it.
    public var running = 0
    public var waiting = 0
    /// Millicores.
    public var cpuWanted = 0.0
    public var cpuUsed = 0.0
    /// Bytes.
    public var memoryWanted = 0.0
    public var memoryUsed = 0.0
    /// The limits in force of those that run, of which no one counts for more than the machine.
    public var memoryLimits = 0.0
    /// Jain's index of what was got for its weight, over those that got less than they wanted; the lowest.
    public var fairness = 1.0
    /// Of the machine's memory, from 0 to 1; the highest.
    public var pressure = 0.0
    /// How often, in all of it.
    public var outOfMemory = 0
    public var machineOutOfMemory = 0
    public var crashes = 0
    public var preemptions = 0
    public var decisions = 0
    public var changes = 0

    public init() {}

    static let header =
        "seconds,running,waiting,cpu_wanted_millicores,cpu_used_millicores,memory_wanted_bytes,"
        + "memory_used_bytes,memory_limit_bytes,fairness,pressure,oom,machine_oom,crashes,"
        + "preemptions,decisions,changes\n"

    var line: String {
        var text = "\(fixed(Double(time) / 1_000, 3)),\(running),\(waiting)"
        for amount in [cpuWanted, cpuUsed, memoryWanted, memoryUsed, memoryLimits] {
            text += ",\(fixed(amount, 0))"
        }
        text += ",\(fixed(fairness, 6)),\(fixed(pressure, 4))"
        for count in [
            outOfMemory, machineOutOfMemory, crashes, preemptions, decisions, changes,
        ] { text += ",\(count)" }
        return text + "\n"
    }
}

/// The series as comma-separated values (RFC 4180, with line feeds), a row for every span.
public func commaSeparated(_ rows: [SeriesRow]) -> String {
    var text = SeriesRow.header
    for row in rows { text += row.line }
    return text
}

/// With so many digits after the point, rounded half away from zero: the same on every machine.
public func fixed(_ value: Double, _ digits: Int) -> String {
    var factor = 1.0
    for _ in 0..<digits { factor *= 10 }
    let scaled = (value * factor).rounded()
    // Beyond it there is no fraction that could be rounded.
    guard abs(scaled) < 9e15 else { return value < 0 ? "-9000000000000000" : "9000000000000000" }
    let whole = Int64(scaled)
    let magnitude = whole.magnitude
    let sign = whole < 0 ? "-" : ""
    if digits == 0 { return "\(sign)\(magnitude)" }
    let unit = UInt64(factor)
    let rest = String(magnitude % unit)
    let zeros = String(repeating: "0", count: digits - rest.utf8.count)
    return "\(sign)\(magnitude / unit).\(zeros)\(rest)"
}
