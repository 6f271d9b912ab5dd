public import JSONTree
internal import Plan

/// The reply of `ScheduleShow`.
public func scheduleShares(_ reply: JSON, on medium: Medium) -> String {
    var table = Table([
        .text("PROJECT"), .text("PRIORITY"), .number("CPU"), .number("WANTS"), .number("GETS"),
        .number("WEIGHT"), .number("MEMORY"), .number("WANTS"), .number("GETS"),
        .number("AGENTS"), .text("TAKEN"), .long("WHY"),
    ])
    for share in reply.list("shares") {
        let isRunning = share.flag("running")
        func amount(_ of: String, _ name: String) -> String {
            guard let value = share[of]?.integer(name) else { return "" }
            return name == "cpu" ? thousandths(value) : size(bytes: value)
        }
        let taken = share.text("preemption")
        table.add([
            .init(share.text("project"), isRunning ? .plain : .faint),
            .init(share.text("priority")), .init(amount("use", "cpu")),
            .init(amount("demand", "cpu")), .init(amount("allocation", "cpu")),
            .init(share.number("cpu_weight")), .init(amount("use", "memory")),
            .init(amount("demand", "memory")), .init(amount("allocation", "memory")),
            .init(share.number("slots")),
            .init(taken == "none" ? "" : taken, .doubtful), .init(reason(share)),
        ])
    }
    let capacity = reply["capacity"] ?? .null
    var text = table.isEmpty ? "" : table.text(on: medium) + "\n"
    text += "strategy    \(reply.text("strategy"))"
    text += reply.flag("chosen") ? ", chosen by an operator\n" : "\n"
    if let refusal = reply["refusal"]?.string {
        text += medium.paint("            not followed: \(printable(refusal))", .bad) + "\n"
    }
    text += "decided     \(reply.integer("decided_at_us").map(medium.time) ?? "not yet")\n"
    text += "machine     \(thousandths(capacity.integer("cpu") ?? 0)) processors, "
    text += "\(size(bytes: capacity.integer("memory") ?? 0))\n"
    text += "fairness    \(share(reply, "fairness"))\nefficiency  \(share(reply, "efficiency"))\n"
    let waiting = reply.integer("waiting") ?? 0
    if waiting > 0 {
        text += counted(Int(waiting), "project waits", "projects wait") + ": bulkhead queue\n"
    }
    return text
}

/// From 0 to 1, with two digits.
private func share(_ reply: JSON, _ name: String) -> String {
    percent((reply[name]?.number ?? 0) * 100)
}

/// What is told first of why it gets what it gets.
private func reason(_ share: JSON) -> String {
    if !share.flag("running") { return "it does not run" }
    let (cpu, memory) = (share.text("cpu_reason"), share.text("memory_reason"))
    return cpu == memory ? cpu : "cpu: \(cpu); memory: \(memory)"
}

/// The reply of `ScheduleHistory`.
public func scheduleHistory(_ reply: JSON, on medium: Medium) -> String {
    let records = reply.list("records")
    if records.isEmpty { return "nothing was changed yet\n" }
    var table = Table([
        .number("NO"), .text("WHEN"), .text("CAUSE"), .text("PROJECT"), .long("CHANGE"),
        .text("OUTCOME"), .long("WHY"),
    ])
    for record in records {
        let outcome = record.text("outcome")
        table.add([
            .init(record.number("decision")),
            .init(record.integer("at_us").map(medium.time) ?? ""), .init(record.text("cause")),
            .init(record.text("project")), .init(record.text("change")),
            .init(outcome, outcome == "done" ? .plain : .doubtful), .init(record.text("reason")),
        ])
    }
    return table.text(on: medium)
}

/// The reply of `ScheduleSamples`, as comma-separated values.
public func scheduleSamples(_ reply: JSON, on _: Medium) -> String {
    var text =
        "seconds,project,cpu_millicores,memory_bytes,disk_bytes,slots,span_ms,cpu_stall_permille,"
        + "memory_stall_permille,io_stall_permille,kills\n"
    for sample in reply.list("samples") {
        text += "\((sample.integer("at_us") ?? 0) / 1_000_000),\(sample.text("project"))"
        for name in [
            "cpu", "memory", "disk", "slots", "span_ms", "cpu_stall", "memory_stall", "io_stall",
            "kills",
        ] { text += ",\(sample.number(name))" }
        text += "\n"
    }
    return text
}

/// The reply of `Optimize`.
public func scheduleChanges(_ reply: JSON, isPlan: Bool, on medium: Medium) -> String {
    let changes = reply.list("changes")
    if changes.isEmpty { return "nothing to change by \(reply.text("strategy"))\n" }
    var table = Table([
        .text("PROJECT"), .text("LIMIT"), .text("FROM"), .text("TO"), .long("WHY"),
    ])
    for change in changes {
        table.add([
            .init(change.text("project")), .init(change.text("name")), .init(change.text("from")),
            .init(change.text("to")), .init(change.text("reason")),
        ])
    }
    return table.text(on: medium) + (isPlan ? "nothing was done: a plan\n" : "")
}

/// The reply of `Why`.
public func scheduleReasons(_ reply: JSON, on medium: Medium) -> String {
    var text = "\(reply.text("project")) is \(reply.text("phase"))\n"
    for line in reply.list("lines") { text += "  \(printable(line.string ?? ""))\n" }
    return text
}

/// The reply of `Advise`.
public func adviceList(_ reply: JSON, on medium: Medium) -> String {
    let advice = reply.list("advice")
    if advice.isEmpty { return "no limit should be another one, by what is known\n" }
    var table = Table([
        .text("PROJECT"), .text("LIMIT"), .number("IS"), .number("BETTER"), .text("CONFIDENCE"),
        .long("EVIDENCE"),
    ])
    for each in advice {
        table.add([
            .init(each.text("project")), .init(each.text("resource")), .init(each.text("limit")),
            .init(each.text("suggested")), .init(each.text("confidence")),
            .init(each.text("evidence")),
        ])
    }
    return table.text(on: medium)
}

/// The reply of `Queue`.
public func queueList(_ reply: JSON, on medium: Medium) -> String {
    let waiting = reply.list("waiting")
    var text = ""
    if !waiting.isEmpty {
        var table = Table([
            .number("NO"), .text("PROJECT"), .text("PRIORITY"), .number("WAITS"), .long("FOR"),
        ])
        for (index, each) in waiting.enumerated() {
            table.add([
                .init("\(index + 1)"), .init(each.text("project")), .init(each.text("priority")),
                .init(each.span("waited_ms")), .init(each.text("why")),
            ])
        }
        text = table.text(on: medium)
    } else {
        text = "nobody waits\n"
    }
    let running = Int(reply.integer("running") ?? 0)
    text += counted(running, "project has a place", "projects have a place")
    if let most = reply.integer("running_max") { text += " of \(most)" }
    return text + "\n"
}
