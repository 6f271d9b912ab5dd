internal import Overlays
internal import Plan
internal import Syscalls
internal import Trees

/// What goes to the other side: to a caller of `StorageDiff` replies on the wire (varlink.org), to
/// bulkheadd one object of JSON.
enum Answer {
    /// Of what bulkheadd reads; more of it is never sent.
    static let bytesMax = 49_152

    static func change(_ change: FileChange) -> [UInt8] {
        var text = "{\"parameters\":{\"change\":{\"path\":\(jsonString(change.path.description))"
        text += ",\"what\":\"\(change.what.rawValue)\",\"kind\":\"\(change.kind.word)\""
        text += ",\"bytes\":\(Int64(clamping: change.bytes))}},\"continues\":true}"
        return Array(text.utf8) + [0]
    }

    static let end = Array("{\"parameters\":{}}".utf8) + [0]

    static func failedReply(_ error: some Diagnosable) -> [UInt8] {
        let text =
            "{\"error\":\"io.bulkhead.Supervisor.Failed\",\"parameters\":{\"message\":"
            + jsonString(printable(error.message)) + ",\"hint\":"
            + jsonString(printable(error.hint ?? "")) + "}}"
        return Array(text.utf8) + [0]
    }

    static func failure(_ error: some Diagnosable) -> String {
        var text = "{\"message\":\(jsonString(printable(error.message)))"
        text += ",\"hint\":\(jsonString(printable(error.hint ?? "")))"
        if let conflict = error as? OverlayError, case .conflicts(let paths, let count) = conflict {
            text += ",\"conflicts\":["
            for (index, path) in paths.enumerated() {
                let next = (index == 0 ? "" : ",") + jsonString(path.description)
                // Of the rest the number is told.
                if text.utf8.count + next.utf8.count > bytesMax / 2 { break }
                text += next
            }
            text += "],\"count\":\(count)"
        }
        return text + "}"
    }

    static func committed(_ result: OverlayCommit.Result) -> String {
        "{\"committed\":\(result.committed),\"skipped\":\(result.skipped),"
            + "\"bytes\":\(Int64(clamping: result.bytes))}"
    }

    static func snapshot(_ snapshot: Snapshot) -> String {
        "{\"name\":\(jsonString(snapshot.name.text)),\"form\":\"\(snapshot.form.rawValue)\","
            + "\"taken_at_us\":\(snapshot.takenAt / 1_000),"
            + "\"bytes\":\(Int64(clamping: snapshot.bytes))}"
    }

    static func largest(_ found: LargestFiles) -> String {
        var text = "{\"largest\":["
        for (index, each) in found.all.enumerated() {
            let next =
                (index == 0 ? "" : ",") + "{\"path\":\(jsonString(each.path.description)),"
                + "\"kind\":\"\(each.kind.word)\",\"bytes\":\(Int64(clamping: each.bytes))}"
            if text.utf8.count + next.utf8.count > bytesMax { break }
            text += next
        }
        return text + "]}"
    }
}
