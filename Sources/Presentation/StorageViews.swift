public import JSONTree
internal import Plan

/// The reply of `StorageShow`; what is kept of projects that are gone has no form.
public func volumeList(_ reply: JSON, on medium: Medium) -> String {
    var table = Table([
        .text("PROJECT"), .text("STORAGE"), .text("KIND"), .text("STATE"), .number("USED"),
        .number("LIMIT"), .number("FILES"), .number("LIMIT"), .text("PATH"),
    ])
    var damaged = ""
    for volume in reply.list("volumes") {
        table.add([
            .init(volume.text("project")), .init(volume.text("storage")),
            .init(volume.text("kind")), .init(volume.text("state")), .init(volume.size("bytes")),
            .init(volume.size("bytes_max")), .init(volume.number("inodes")),
            .init(volume.number("inodes_max")),
            .init(volume.text("path")),
        ])
        for path in volume.list("quarantined") {
            damaged += "damaged, and kept: \(printable(path.string ?? ""))\n"
        }
    }
    return table.text(on: medium) + damaged
}

/// One reply of `StorageDiff`, as a line: a letter, as of diff tools, and a path; nil where it has none.
public func changeLine(_ reply: JSON, on medium: Medium) -> String? {
    guard let change = reply["change"], !change.isNull else { return nil }
    let mark: (String, Style) =
        switch change.text("what") {
        case "added": ("A", .good)
        case "removed": ("D", .bad)
        case "replaced": ("R", .doubtful)
        case "attributes": ("P", .doubtful)
        default: ("M", .doubtful)
        }
    let isDirectory = change.text("kind") == "directory"
    return "\(medium.paint(mark.0, mark.1)) \(change.text("path"))\(isDirectory ? "/" : "")\n"
}

/// The reply of `StorageCommit`.
public func commitRemark(_ reply: JSON) -> String {
    let count = reply.integer("committed") ?? 0
    var text = "\(count) \(count == 1 ? "change" : "changes") committed, "
    text += "\(size(bytes: reply.integer("bytes") ?? 0)) of content\n"
    let skipped = reply.integer("skipped") ?? 0
    if skipped > 0 {
        text += "\(skipped) left out: sockets and pipes mean nothing outside of the project\n"
    }
    return text
}

/// The reply of `SnapshotList`.
public func snapshotList(_ reply: JSON, on medium: Medium) -> String {
    let snapshots = reply.list("snapshots")
    if snapshots.isEmpty { return "no snapshots yet: bulkhead snapshot create PROJECT\n" }
    var table = Table([.text("NAME"), .text("TAKEN"), .number("SIZE"), .text("FORM")])
    for snapshot in snapshots {
        table.add([
            .init(snapshot.text("name")),
            .init(snapshot.integer("taken_at_us").map(medium.time) ?? ""),
            .init(snapshot.size("bytes")), .init(snapshot.text("form")),
        ])
    }
    return table.text(on: medium)
}

/// The first reply of `Rescue`: how full it is, and of what.
public func rescueReport(_ reply: JSON) -> String {
    var text = "bulkhead: \(fullness(reply))"
    let grace = reply.integer("grace_bytes") ?? 0
    text += grace > 0 ? "; \(size(bytes: grace)) more for now\n" : "; there is no more to give\n"
    for file in reply.list("largest") {
        let isDirectory = file.text("kind") == "directory"
        text += "  \(file.size("bytes"))  \(file.text("path"))\(isDirectory ? "/" : "")\n"
    }
    return text
}

/// The last one.
public func rescueEnd(_ reply: JSON) -> String { "bulkhead: \(fullness(reply))\n" }

private func fullness(_ reply: JSON) -> String {
    guard let bytes = reply.integer("bytes") else { return "its storage is not limited" }
    guard let max = reply.integer("bytes_max") else { return "\(size(bytes: bytes)) in use" }
    let free = max > bytes ? "\(size(bytes: max - bytes)) free" : "nothing free"
    return "\(size(bytes: bytes)) of \(size(bytes: max)) in use, \(free)"
}
