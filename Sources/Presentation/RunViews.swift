public import JSONTree

/// The reply of `Processes`.
public func processList(_ reply: JSON, on medium: Medium) -> String {
    let processes = reply.list("processes")
    if processes.isEmpty { return "no processes: nothing runs there\n" }
    var table = Table([
        .text("WORKLOAD"), .number("RUN"), .number("PID"), .number("INSIDE"), .number("USER"),
        .text("STATE"), .number("MEMORY"), .number("CPU"), .long("COMMAND"),
    ])
    for process in processes {
        table.add([
            .init("\(process.text("project"))/\(process.text("workload"))"),
            .init(process.number("run")), .init(process.number("pid")),
            .init(process.number("pid_inside")), .init(process.number("uid")),
            .init(process.text("state")), .init(process.size("memory_bytes")),
            .init(process.integer("cpu_us").map(processorTime) ?? ""),
            .init(process.text("command")),
        ])
    }
    return table.text(on: medium)
}

/// The reply of `Runs`.
public func runList(_ reply: JSON, on medium: Medium) -> String {
    let runs = reply.list("runs")
    if runs.isEmpty { return "no runs yet: bulkhead exec PROJECT -- COMMAND\n" }
    var table = Table([
        .number("RUN"), .text("WORKLOAD"), .text("KIND"), .text("STATE"), .text("STARTED"),
        .number("TOOK"), .number("STATUS"), .long("CAUSE"), .long("COMMAND"),
    ])
    for run in runs {
        let state = run.text("state")
        let status = run.integer("exit_status")
        let started = run.integer("started_at_us")
        var took = ""
        if let started, state == "running" || run.integer("ended_at_us") != nil {
            let end = run.integer("ended_at_us") ?? medium.now
            took = span(milliseconds: (end - started) / 1_000)
        }
        table.add([
            .init(run.number("run")),
            .init("\(run.text("project"))/\(run.text("workload"))"), .init(run.text("kind")),
            .init(state, state == "running" ? .good : state == "refused" ? .bad : .plain),
            .init(started.map(medium.time) ?? ""), .init(took),
            .init(run.number("exit_status"), status == nil || status == 0 ? .plain : .bad),
            .init(endRemark(run) ?? ""), .init(run.words("command", separator: " ")),
        ])
    }
    return table.text(on: medium)
}

/// One reply of `Logs`, as a line; nil where it has none.
///
/// - Parameters:
///   - namesProject: whether its project is told, because there are several.
///   - namesWorkload: the same of its workload.
public func logLine(
    _ reply: JSON, namesProject: Bool, namesWorkload: Bool, on medium: Medium
) -> String? {
    guard let line = reply["line"], !line.isNull else { return nil }
    var source = ""
    if namesProject { source = line.text("project") }
    if namesWorkload { source += (source.isEmpty ? "" : "/") + line.text("workload") }
    let time = medium.paint(medium.timestamp(line.integer("at_us") ?? 0), .faint)
    let from = source.isEmpty ? "" : medium.paint(source, .heading) + ": "
    return
        "\(time) \(from)\(medium.paint(line.text("message"), style(ofSeverity: line.integer("priority"))))\n"
}

/// One reply of `Watch`, as a line.
public func eventLine(_ reply: JSON, on medium: Medium) -> String {
    var source = reply.text("project")
    let workload = reply.text("workload")
    if !workload.isEmpty { source += "/\(workload)" }
    let time = medium.paint(medium.timestamp(reply.integer("at_us") ?? 0), .faint)
    let text = medium.paint(reply.text("text"), style(ofSeverity: reply.integer("severity")))
    let kind = medium.paint("(\(reply.text("kind")))", .faint)
    return "\(time) \(medium.paint(source, .heading)): \(text) \(kind)\n"
}

/// A level of syslog(3).
private func style(ofSeverity severity: Int64?) -> Style {
    switch severity ?? 6 {
    case ...3: .bad
    case 4: .doubtful
    default: .plain
    }
}

/// How a command that ended was ended, where that was not itself: for a line on standard error; nil
/// otherwise.
///
/// - Parameter reply: the last one of `Execute`, that of `Wait`, or a run of `Runs`.
public func endRemark(_ reply: JSON) -> String? {
    let cause = reply.text("cause")
    // An exit that the command chose says it all by its status.
    if cause.isEmpty || cause.utf8.starts(with: "exited".utf8) { return nil }
    return cause
}
