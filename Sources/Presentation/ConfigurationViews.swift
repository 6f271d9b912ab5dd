public import JSONTree
internal import Plan

/// The changes of a plan, or of what was applied, and the keys that have no effect.
///
/// - Parameter isPlan: whether nothing has been done.
public func changeList(_ reply: JSON, isPlan: Bool, on medium: Medium) -> String {
    var table = Table([.text("PROJECT"), .text("CHANGE"), .long("IN SHORT")])
    var kept = 0
    for change in reply.list("changes") {
        let verb = change.text("verb")
        if verb == "keep" {
            kept += 1
            continue
        }
        table.add([
            .init(change.text("project")), .init(verb, style(ofVerb: verb)),
            .init(change.text("detail")),
        ])
    }
    var text = ""
    if table.isEmpty {
        text = "nothing to change: \(counted(kept, "project is", "projects are")) as configured\n"
    } else {
        text = table.text(on: medium)
        if kept > 0 {
            text +=
                "\n\(counted(kept, "project stays", "projects stay")) as \(kept == 1 ? "it is" : "they are")\n"
        }
    }
    if let version = reply.integer("version"), !isPlan {
        text += "version \(version) is in force\n"
    }
    for key in reply.list("unused") {
        guard let name = key.string else { continue }
        text += medium.paint("accepted, not used: \(printable(name))", .faint) + "\n"
    }
    return text
}

private func style(ofVerb verb: String) -> Style {
    switch verb {
    case "add", "start": .good
    case "remove", "stop": .bad
    default: .doubtful
    }
}

/// The reply of `ConfigurationHistory`.
public func versionList(_ reply: JSON, on medium: Medium) -> String {
    let versions = reply.list("versions")
    if versions.isEmpty { return "no configuration was applied yet: bulkhead config apply\n" }
    var table = Table([
        .number("VERSION"), .text("IN FORCE"), .text("APPLIED"), .number("BY"), .text("VIA"),
        .number("PROJECTS"), .long("IN SHORT"),
    ])
    for version in versions {
        let isActive = version.flag("active")
        table.add([
            .init(version.number("version")), .init(isActive ? "yes" : "", .good),
            .init(version.integer("applied_at_us").map(medium.time) ?? ""),
            .init(version.number("actor_uid")), .init(version.text("via")),
            .init(version.number("projects")), .init(version.text("summary")),
        ])
    }
    return table.text(on: medium)
}
