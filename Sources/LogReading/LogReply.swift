internal import Plan

/// The replies of the method `Logs` of io.bulkhead.Supervisor, as they are on the wire: an object of
/// JSON and a NUL each (varlink.org).
enum LogReply {
    /// A line, with others to come.
    static func line(_ line: LogLine) -> [UInt8] {
        var text = "{\"parameters\":{\"line\":{\"at_us\":\(line.at)"
        text += ",\"project\":\(jsonString(line.project.text))"
        text += ",\"workload\":\(jsonString(line.workload))"
        if let run = line.run { text += ",\"run\":\(run)" }
        text += ",\"priority\":\(line.priority),\"message\":\(jsonString(line.message))}}"
        text += ",\"continues\":true}"
        return Array(text.utf8) + [0]
    }

    /// Nothing is left.
    static let end = Array("{\"parameters\":{}}".utf8) + [0]

    static func failure(_ error: some Diagnosable) -> [UInt8] {
        let text =
            "{\"error\":\"io.bulkhead.Supervisor.Failed\",\"parameters\":{\"message\":"
            + jsonString(printable(error.message)) + ",\"hint\":"
            + jsonString(printable(error.hint ?? "")) + "}}"
        return Array(text.utf8) + [0]
    }
}
