internal import Audit
internal import Plan
public import Presentation

/// A record as one line for a person: when, on what, what, who, and what was said of it. Whatever stands
/// in it, it stays one line and does nothing to a terminal.
public func auditLine(_ event: AuditEvent, on medium: Medium) -> String {
    var line = medium.paint(medium.moment(event.at), .faint) + " "
    line += lineColumn(event.subject, 16, .heading, on: medium)
    // All kinds but two have room, and everybody but who came from outside: what stands in front of the
    // message is no wider than a terminal.
    line += lineColumn(event.event, 25, on: medium)
    line += lineColumn(event.text(AuditField.actor), 13, on: medium)
    if let distrust = event.distrust {
        line += medium.paint("FORGED? (\(distrust.text)) ", .bad)
    }
    line += medium.paint(printable(event.message), style(event))
    // What the message says already is not said twice.
    if event.isRefused && !event.message.utf8.contains("refused") { line += " (refused)" }
    let reason = event.text(AuditField.reason)
    if !reason.isEmpty && !event.message.utf8.contains(reason.prefix(64)) {
        line += " (\(printable(reason)))"
    }
    if event.isRepublished { line += medium.paint(" [republished]", .faint) }
    return line + "\n"
}

/// A value and the space beside it, in a column of a line.
func lineColumn(
    _ text: String, _ width: Int, _ style: Style = .plain, on medium: Medium
) -> String {
    let shown = text.isEmpty ? "-" : cell(text)
    // Names are ASCII as a rule; a line that is a little out of place is still a line.
    let pad = String(repeating: " ", count: max(0, width - shown.unicodeScalars.count))
    return medium.paint(shown, text.isEmpty ? .faint : style) + pad + " "
}

private func style(_ event: AuditEvent) -> Style {
    switch event.priority {
    case ...3: .bad
    case 4: .doubtful
    default: .plain
    }
}

/// A name that should be short, made so.
private func cell(_ text: String) -> String {
    let scalars = printable(text).unicodeScalars
    if scalars.count <= 64 { return String(scalars) }
    return String(scalars.prefix(63)) + "…"
}

extension String.UTF8View {
    /// Whether `text` stands in it. Both are bounded: `AuditEntry.valueBytesMax`.
    fileprivate func contains(_ text: some StringProtocol) -> Bool {
        let bytes = Array(self)
        let wanted = Array(text.utf8)
        guard let first = wanted.first, wanted.count <= bytes.count else { return wanted.isEmpty }
        return (0...(bytes.count - wanted.count)).contains { start in
            bytes[start] == first && bytes[start..<(start + wanted.count)].elementsEqual(wanted)
        }
    }
}
