public import JSONTree

/// The project and service states, and how each is painted. Everywhere the same words: the
/// supervisor's.
private func style(ofPhase phase: String) -> Style {
    switch phase {
    case "active", "running": .good
    case "failed", "parked": .bad
    case "stopped", "archived", "held", "initializing": .faint
    default: .doubtful  // On the way, or halted by somebody.
    }
}

private func style(ofHealth health: String) -> Style {
    switch health {
    case "healthy": .good
    case "unhealthy": .bad
    default: .faint
    }
}

/// The reply of `List`, a line a project.
public func projectList(_ reply: JSON, on medium: Medium) -> String {
    let projects = reply.list("projects")
    if projects.isEmpty { return "no projects yet: bulkhead register NAME PATH\n" }
    var table = Table([
        .text("NAME"), .text("PHASE"), .text("READY"), .text("SERVICES"), .number("MEMORY"),
        .number("UPTIME"), .long("PATH"),
    ])
    var remarks = ""
    for project in projects {
        let services = project.list("services")
        let running = services.count { $0.text("phase") == "running" }
        let phase = project.text("phase")
        table.add([
            .init(project.text("name")), .init(phase, style(ofPhase: phase)),
            .init(project.answer("ready"), project.flag("ready") ? .good : .plain),
            .init(services.isEmpty ? "" : "\(running)/\(services.count)"),
            .init(project.size("memory_bytes")), .init(project.span("uptime_ms")),
            .init(project.text("path")),
        ])
        remarks += remark(project.text("name"), project)
    }
    return table.text(on: medium) + (remarks.isEmpty ? "" : "\n" + remarks)
}

/// Why something is as it is, on a line of its own; empty where there is nothing to say.
private func remark(_ name: String, _ subject: JSON) -> String {
    let reason = subject.text("reason")
    return reason.isEmpty ? "" : "\(name): \(reason)\n"
}

/// Names only, a line each.
public func projectNames(_ reply: JSON) -> String {
    var text = ""
    for project in reply.list("projects") { text += project.text("name") + "\n" }
    return text
}

/// `PROJECT/SERVICE`, a line each.
public func serviceNames(_ projects: [JSON]) -> String {
    var text = ""
    for project in projects {
        for service in project.list("services") {
            text += "\(project.text("name"))/\(service.text("name"))\n"
        }
    }
    return text
}

/// The reply of `Show`: a project, its services and their health checks.
///
/// - Parameters:
///   - service: nil: all of them.
///   - now: milliseconds since the epoch.
public func projectDetails(
    _ reply: JSON, service: String?, now: Int64, on medium: Medium
) -> String {
    guard let project = reply["project"] else { return "" }
    var services = project.list("services")
    if let service { services = services.filter { $0["name"]?.string == service } }
    var text = service == nil ? facts(project, on: medium) : ""
    if !services.isEmpty {
        text += (text.isEmpty ? "" : "\n") + serviceTable(services, on: medium)
    } else if service == nil {
        text += "\nno services: everything in this project is run by exec and run --project\n"
    }
    var remarks = ""
    for service in services { remarks += remarksOn(service) }
    if !remarks.isEmpty { text += "\n" + remarks }
    let checks = checkTable(services, now, on: medium)
    return text + (checks.isEmpty ? "" : "\n" + checks)
}

private func facts(_ project: JSON, on medium: Medium) -> String {
    let name = project.text("name")
    let title = project.text("title")
    var text = medium.paint(name, .heading)
    if !title.isEmpty && title != name { text += " — \(title)" }
    text += "\n"
    func fact(_ label: String, _ value: String, _ style: Style = .plain) {
        if value.isEmpty { return }
        let pad = String(repeating: " ", count: 11 - label.utf8.count)
        text += "  \(label)\(pad)\(medium.paint(value, style))\n"
    }
    let phase = project.text("phase")
    let ready = project.flag("ready") ? ", ready" : phase == "active" ? ", not ready" : ""
    fact("phase", phase + ready, style(ofPhase: phase))
    fact("reason", project.text("reason"))
    fact("path", project.text("path"))
    fact("priority", project.text("priority"))
    fact("needs", project.words("dependencies"))
    if let pid = project.integer("pid") {
        fact("sandbox", "pid \(pid), up \(project.span("uptime_ms"))")
    }
    fact("cgroup", project.text("cgroup"))
    let memory = project.size("memory_bytes")
    if !memory.isEmpty {
        fact(
            "memory",
            memory + (project.integer("memory_max_bytes").map { " of \(size(bytes: $0))" } ?? ""))
    }
    if let used = project.integer("cpu_us") {
        fact("processor", "\(processorTime(microseconds: used)) used")
    }
    fact("processes", project.number("processes"))
    return text
}

private func serviceTable(_ services: [JSON], on medium: Medium) -> String {
    var table = Table([
        .text("SERVICE"), .text("PHASE"), .text("HEALTH"), .text("READY"), .number("PID"),
        .number("UPTIME"), .number("RESTARTS"), .number("MEMORY"), .number("PROCESSES"),
    ])
    for service in services {
        let phase = service.text("phase")
        let health = service.text("health")
        table.add([
            .init(service.text("name")), .init(phase, style(ofPhase: phase)),
            .init(health, style(ofHealth: health)),
            .init(service.answer("ready"), service.flag("ready") ? .good : .plain),
            .init(service.number("pid")), .init(service.span("uptime_ms")),
            .init(service.number("restarts")), .init(service.size("memory_bytes")),
            .init(service.number("processes")),
        ])
    }
    return table.text(on: medium)
}

private func remarksOn(_ service: JSON) -> String {
    let name = service.text("name")
    var text = remark(name, service)
    let breaker = service.text("breaker")
    if !breaker.isEmpty && breaker != "closed" { text += "\(name): circuit breaker \(breaker)\n" }
    if let next = service.integer("next_start_ms") {
        text += "\(name): starts again in \(span(milliseconds: next))\n"
    }
    return text
}

/// For each health check its last results, the newest on the right.
private func checkTable(_ services: [JSON], _ now: Int64, on medium: Medium) -> String {
    var table = Table([
        .text("SERVICE"), .text("CHECK"), .text("RESULTS"), .text("LAST"), .long("REASON"),
    ])
    for service in services {
        let checks = service.list("checks")
        for purpose in ["startup", "readiness", "liveness"] {
            let results = checks.filter { $0["purpose"]?.string == purpose }
            guard let last = results.last else { continue }
            var marks = ""
            // As many as a line has room for.
            for result in results.suffix(20) { marks += result.flag("passed") ? "✓" : "✗" }
            table.add([
                .init(service.text("name")), .init(purpose),
                .init(marks, last.flag("passed") ? .good : .bad),
                .init(last.integer("at_ms").map { "\(span(milliseconds: now &- $0)) ago" } ?? ""),
                .init(last.text("reason")),
            ])
        }
    }
    return table.isEmpty ? "" : table.text(on: medium)
}

/// The reply of `Health`.
public func componentList(_ reply: JSON, on medium: Medium) -> String {
    var table = Table([.text("COMPONENT"), .text("STATE"), .long("IN SHORT")])
    for component in reply.list("components") {
        let isWell = component.flag("ok")
        table.add([
            .init(component.text("name")), .init(isWell ? "ok" : "failing", isWell ? .good : .bad),
            .init(component.text("text")),
        ])
    }
    return table.text(on: medium)
}
