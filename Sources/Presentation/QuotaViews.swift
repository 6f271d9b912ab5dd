public import JSONTree

/// The reply of `QuotaShow`: a line for each limit, then the pressure, then what is not in force.
///
/// - Parameter workload: nil: of all of them, and of the project itself.
public func quotaList(_ reply: JSON, workload: String?, on medium: Medium) -> String {
    let quotas = reply.list("quotas")
    if quotas.isEmpty { return "no projects yet: bulkhead register NAME PATH\n" }
    var limits = Table([
        .text("TARGET"), .text("LIMIT"), .long("CONFIGURED"), .long("IN FORCE"),
        .number("IN USE"), .number("PEAK"), .number("HIT"), .text("FROM"),
    ])
    var pressure = Table([
        .text("PRESSURE 10S"), .number("CPU"), .number("MEMORY"), .number("ALL"), .number("IO"),
        .number("ALL"),
    ])
    var alarms = ""
    for quota in quotas {
        let project = quota.text("project")
        var last = ""
        for limit in quota.list("limits") where limit.isOf(workload) {
            let target = limit.target(in: project)
            if let alarm = alarm(limit, target) { alarms += medium.paint(alarm, .bad) + "\n" }
            if !limit.saysSomething { continue }
            limits.add(row(limit, target == last ? " " : target))
            last = target
        }
        let stalls = quota.list("pressure")
        if workload == nil && !stalls.isEmpty {
            pressure.add([.init(project)] + pressureCells(stalls))
        }
    }
    var text = limits.isEmpty ? "no limits\n" : limits.text(on: medium)
    if !pressure.isEmpty { text += "\n" + pressure.text(on: medium) }
    return text + (alarms.isEmpty ? "" : "\n" + alarms)
}

/// Whether a limit is configured and not in force.
public func hasAlarm(_ reply: JSON, workload: String?) -> Bool {
    reply.list("quotas").contains { quota in
        quota.list("limits").contains { $0.isOf(workload) && !$0.text("alarm").isEmpty }
    }
}

/// The names of the limits that are not as they are configured, of one project or workload.
public func changedLimits(_ reply: JSON, workload: String?) -> [String] {
    var names: [String] = []
    for limit in reply.list("quotas").first?.list("limits") ?? []
    where limit["workload"]?.string == workload {
        guard let name = limit["name"]?.string else { continue }
        switch limit.text("source") {
        case "set", "move", "outside": names.append(name)
        default: continue
        }
    }
    return names
}

private func alarm(_ limit: JSON, _ target: String) -> String? {
    let reason = limit.text("alarm")
    if reason.isEmpty { return nil }
    let configured = limit.text("configured")
    return "ALARM: \(target): \(limit.text("name")) \(configured) is not in force: \(reason)"
}

private func row(_ limit: JSON, _ target: String) -> [Table.Cell] {
    let isAlarming = !limit.text("alarm").isEmpty
    let hits = limit.integer("hits")
    let source = limit.text("source")
    var from = source
    if let left = limit.integer("until_ms") { from += ", \(span(milliseconds: left)) left" }
    return [
        .init(target, .heading), .init(limit.text("name")), .init(limit.text("configured")),
        .init(limit.text("in_force"), isAlarming ? .bad : .plain),
        .init(limit.amount("in_use")), .init(limit.amount("peak")),
        .init(limit.number("hits"), hits.map { $0 > 0 } ?? false ? .doubtful : .plain),
        .init(from, source == "outside" ? .doubtful : source == "default" ? .faint : .plain),
    ]
}

private func pressureCells(_ stalls: [JSON]) -> [Table.Cell] {
    func cell(_ resource: String, _ member: String) -> Table.Cell {
        let stall = stalls.first { $0["resource"]?.string == resource }
        guard let share = stall?[member]?.number else { return .init("") }
        return .init(percent(share), share >= 10 ? .doubtful : .plain)
    }
    return [
        cell("cpu", "some"), cell("memory", "some"), cell("memory", "full"), cell("io", "some"),
        cell("io", "full"),
    ]
}

extension JSON {
    fileprivate func isOf(_ workload: String?) -> Bool {
        workload == nil || self["workload"]?.string == workload
    }

    fileprivate func target(in project: String) -> String {
        let workload = text("workload")
        return workload.isEmpty ? project : "\(project)/\(workload)"
    }

    /// Whether a limit is worth a line.
    fileprivate var saysSomething: Bool {
        !text("configured").isEmpty || !text("alarm").isEmpty || integer("in_use") != nil
            || text("source") != "default" && !text("in_force").isEmpty
    }

    /// A number in the limit's unit.
    fileprivate func amount(_ name: String) -> String {
        guard let count = integer(name) else { return "" }
        switch text("unit") {
        case "bytes": return Presentation.size(bytes: count)
        case "millicores": return thousandths(count)
        case "microseconds": return "\(count / 1_000)ms"
        default: return String(count)
        }
    }
}

/// The reply of `QuotaSet`: what was done, or (`isPlan`) would be.
public func quotaSteps(_ reply: JSON, isPlan: Bool, on medium: Medium) -> String {
    let steps = reply.list("steps")
    if steps.isEmpty { return "nothing to change\n" }
    var table = Table([
        .text("TARGET"), .text("LIMIT"), .text("FROM"), .text("TO"), .long("HOW"),
    ])
    for step in steps {
        let how = step.text("how")
        table.add([
            .init(step.target(in: step.text("project"))), .init(step.text("name")),
            .init(step.text("from")), .init(step.text("to")),
            .init(how, how == "stays" ? .faint : .plain),
        ])
    }
    let end =
        isPlan
        ? "nothing was done: a plan" : "in force, as transaction \(reply.number("transaction"))"
    return table.text(on: medium) + end + "\n"
}

/// The reply of `QuotaHistory`.
public func quotaHistory(_ reply: JSON, on medium: Medium) -> String {
    let records = reply.list("records")
    if records.isEmpty { return "no limit was changed yet\n" }
    var table = Table([
        .number("NO"), .text("WHEN"), .number("BY"), .text("VIA"), .text("TARGET"),
        .text("LIMIT"), .text("FROM"), .text("TO"), .text("UNTIL"), .long("WHY"),
    ])
    for record in records {
        table.add([
            .init(record.number("transaction")),
            .init(record.integer("at_us").map(medium.time) ?? ""),
            .init(record.number("actor_uid")), .init(record.text("via")),
            .init(record.target(in: record.text("project"))), .init(record.text("name")),
            .init(record.text("from")), .init(record.text("to")),
            .init(record.integer("until_us").map(medium.time) ?? ""),
            .init(record.text("reason")),
        ])
    }
    return table.text(on: medium)
}
