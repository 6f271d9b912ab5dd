public import JSONTree

/// What `bulkhead discover` found.
///
/// - Parameter registers: whether it has registered what was not yet.
public func discoveryList(_ reply: JSON, registers: Bool, on medium: Medium) -> String {
    let found = reply.list("found")
    if found.isEmpty {
        return "no projects found: bulkhead register NAME PATH takes any directory\n"
    }
    var table = Table([
        .text("NAME"), .text("REGISTERED"), .long("FOUND"), .long("PATH"),
    ])
    var open = 0
    for find in found {
        let state: String
        let style: Style
        if find.flag("new") {
            (state, style) = ("now", .good)
        } else if let isRegistered = find["registered"]?.bool {
            (state, style) = isRegistered ? ("yes", .faint) : ("no", .plain)
        } else {
            (state, style) = ("unknown", .doubtful)
        }
        if !find.flag("registered") { open += 1 }
        table.add([
            .init(find.text("name")), .init(state, style), .init(find.words("signs")),
            .init(find.text("path")),
        ])
    }
    var text = table.text(on: medium)
    if open > 0 && !registers {
        text +=
            "\nto register what is not: bulkhead discover --yes …, or: bulkhead register NAME PATH\n"
    }
    return text
}
