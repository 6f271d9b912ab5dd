public import JSONTree
internal import Plan

/// The reply of `Explain`: the cause in a sentence, what shows it, the last lines of the log, and what
/// to do. Never more than fits on a small screen: all of it is in the reply itself.
public func explanation(_ reply: JSON, on medium: Medium) -> String {
    var subject = reply.text("project")
    let workload = reply.text("workload")
    if !workload.isEmpty { subject += "/\(workload)" }
    if let run = reply.integer("run") { subject += ", run \(run)" }
    let cause = reply.text("cause")
    var text = "\(medium.paint(subject, .heading)): "
    text += medium.paint(reply.text("text"), style(of: cause, reply.text("state")))
    let time = reply.integer("at_us").map { ", " + medium.time($0) } ?? ""
    text += " " + medium.paint("(\(cause)\(time))", .faint) + "\n"
    let evidence = reply.list("evidence").prefix(evidenceMax)
    let log = reply.list("log").suffix(linesMax - evidence.count)
    text += lines(evidence, under: "what shows it", mark: "  ", on: medium)
    text += lines(log, under: "its last lines", mark: "  | ", on: medium)
    let suggestion = reply.text("suggestion")
    if !suggestion.isEmpty {
        text += "\n\(medium.paint("what to do", .heading))\n  \(suggestion)\n"
    }
    return text
}

/// The strongest evidence comes first, so that what is left out is the least of it.
private let evidenceMax = 4
/// Of evidence and log together: with the cause, the headings and the suggestion 14 lines.
private let linesMax = 6

private func lines(
    _ lines: ArraySlice<JSON>, under title: String, mark: String, on medium: Medium
) -> String {
    var text = ""
    for line in lines {
        guard let line = line.string else { continue }
        if text.isEmpty { text = "\n\(medium.paint(title, .heading))\n" }
        text += mark + printable(line) + "\n"
    }
    return text
}

private func style(of cause: String, _ state: String) -> Style {
    switch cause {
    case "exited", "running", "operator", "supervisor-stop", "not-started": .plain
    default: state == "slow" ? .doubtful : .bad
    }
}
