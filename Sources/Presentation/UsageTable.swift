/// What `bulkhead stats` prints of a sample: a line for each project and each of its workloads.
public func usageTable(_ sample: UsageSample, on medium: Medium) -> String {
    if sample.projects.isEmpty { return "no projects yet: bulkhead register NAME PATH\n" }
    var table = Table([
        .text("WORKLOAD"), .number("CPU"), .number("TIME"), .number("MEMORY"), .number("MAX"),
        .number("PROCESSES"), .number("READ"), .number("WRITTEN"), .number("DISK"),
        .number("RESTARTS"), .number("PRESSURE"),
    ])
    for project in sample.projects {
        for row in [project] + project.workloads where !row.hasNoRun {
            table.add([
                .init(
                    row.workload.map { "\(row.project)/\($0)" } ?? row.project,
                    row.workload == nil ? .heading : .plain),
                .init(row.cpu.map(cpuPercent) ?? ""),
                .init(processorTime(microseconds: row.cpuTime)),
                .init(size(bytes: row.memory), row.memoryStyle),
                .init(row.memoryMax.map(size) ?? ""), .init(String(row.processes)),
                .init(size(bytes: row.readTotal)), .init(size(bytes: row.writtenTotal)),
                .init(row.disk.map(size) ?? ""), .init(String(row.restarts)),
                .init(pressureText(row.pressure), pressureStyle(row.pressure)),
            ])
        }
    }
    return table.text(on: medium)
}

/// Of one processor: `0.3%`, `12.5%`, `250%`.
func cpuPercent(_ millicores: Int64) -> String {
    if millicores >= 1_000 { return "\(millicores / 10)%" }
    return "\(millicores / 10).\(millicores % 10)%"
}

/// `m12`: memory, 12 %; a hyphen where nothing waits.
func pressureText(_ pressure: Pressure) -> String {
    let (letter, share) = pressure.worst
    return share < 10 ? "-" : "\(letter)\(share / 10)"
}

func pressureStyle(_ pressure: Pressure) -> Style {
    let share = pressure.worst.share
    return share >= 400 ? .bad : share >= 100 ? .doubtful : share < 10 ? .faint : .plain
}

extension UsageRow {
    /// How near its limit it is.
    var memoryStyle: Style {
        guard let max = memoryMax, max > 0 else { return .plain }
        let percent = Swift.min(memory, max) / Swift.max(1, max / 100)
        return percent >= 95 ? .bad : percent >= 80 ? .doubtful : .plain
    }
}
