/// Adds up what a row of the series tells.
struct Meter {
    private var span = 0.0
    private var row = SeriesRow()
    var running = 0
    var waiting = 0
    var outOfMemory = 0
    var machineOutOfMemory = 0
    var crashes = 0
    var preemptions = 0
    var decisions = 0
    var changes = 0

    /// What held for a tick.
    struct Reading {
        var cpuWanted = 0.0
        var cpuUsed = 0.0
        var memoryWanted = 0.0
        var memoryUsed = 0.0
        var memoryLimits = 0.0
        /// Nil: nobody got less than was wanted.
        var fairness: Double?
        var pressure = 0.0
    }

    /// - Parameter seconds: for how long it held.
    mutating func add(_ reading: Reading, seconds: Double) {
        span += seconds
        row.cpuWanted += reading.cpuWanted * seconds
        row.cpuUsed += reading.cpuUsed * seconds
        row.memoryWanted += reading.memoryWanted * seconds
        row.memoryUsed += reading.memoryUsed * seconds
        row.memoryLimits += reading.memoryLimits * seconds
        row.fairness = min(row.fairness, reading.fairness ?? 1)
        row.pressure = max(row.pressure, reading.pressure)
    }

    /// The row up to `time`, and nothing is added up any more; nil: there was nothing to add.
    mutating func row(at time: Int64) -> SeriesRow? {
        if span == 0 { return nil }
        var result = row
        result.time = time
        result.cpuWanted /= span
        result.cpuUsed /= span
        result.memoryWanted /= span
        result.memoryUsed /= span
        result.memoryLimits /= span
        result.running = running
        result.waiting = waiting
        result.outOfMemory = outOfMemory
        result.machineOutOfMemory = machineOutOfMemory
        result.crashes = crashes
        result.preemptions = preemptions
        result.decisions = decisions
        result.changes = changes
        self = Meter()
        return result
    }
}

extension Totals {
    /// What held for so long.
    mutating func add(
        _ reading: Meter.Reading, of machine: Scenario.Machine, seconds: Double, at time: Int64
    ) {
        cpuCapacity += machine.cpu * seconds
        cpuWanted += reading.cpuWanted * seconds
        cpuUsed += reading.cpuUsed * seconds
        memoryCapacity += machine.memory * seconds
        memoryWanted += reading.memoryWanted * seconds
        memoryUsed += reading.memoryUsed * seconds
        memoryLimits += reading.memoryLimits * seconds
        guard let fairness = reading.fairness else { return }
        fairnessTime += seconds
        fairnessIntegral += fairness * seconds
        if fairness < fairnessLowest {
            fairnessLowest = fairness
            fairnessLowestAt = time
        }
    }
}
