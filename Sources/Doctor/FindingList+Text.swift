internal import Plan

extension [Finding] {
    /// Whether `bulkhead run` with its defaults would be refused.
    public var refusesRun: Bool { contains { $0.status == .missing } }

    /// A line for each finding, in columns, and a summary below them.
    ///
    /// - Parameter coloured: for a terminal.
    public func table(coloured: Bool) -> String {
        let width = map(\.subject.count).max() ?? 0
        var text = ""
        for finding in self {
            let status = finding.status.rawValue
            let pad = String(repeating: " ", count: 10 - status.count)
            let gap = String(repeating: " ", count: width - finding.subject.count + 2)
            text += (coloured ? finding.status.coloured : status) + pad
            text += finding.subject + gap + safe(finding.found)
            if let advice = finding.advice { text += " — " + safe(advice) }
            text += "\n"
        }
        return text + "\n" + summary + "\n"
    }

    private var summary: String {
        let missing = count { $0.status == .missing }
        let degraded = count { $0.status == .degraded }
        if missing > 0 {
            let unlimited = allSatisfy { $0.status != .missing || $0.liftedByAllowUnlimited }
            return "'bulkhead run' would be refused: \(missing) missing, \(degraded) degraded."
                + (unlimited
                    ? "\nWith --allow-unlimited it runs, and says what is not limited." : "")
        }
        if degraded > 0 { return "'bulkhead run' works here; \(degraded) degraded." }
        return "'bulkhead run' works here, with everything in force."
    }

    /// An array of objects with the members status, subject, found and, where there is some, advice.
    public var json: String {
        let objects = map { finding in
            var members = [
                ("status", finding.status.rawValue), ("subject", finding.subject),
                ("found", finding.found),
            ]
            if let advice = finding.advice { members.append(("advice", advice)) }
            return "  {"
                + members.map { "\(jsonString($0)): \(jsonString($1))" }
                .joined(separator: ", ") + "}"
        }
        return "[\n" + objects.joined(separator: ",\n") + "\n]\n"
    }
}

extension Finding.Status {
    fileprivate var coloured: String {
        switch self {
        case .ok: "\u{1B}[32m\(rawValue)\u{1B}[0m"
        case .degraded: "\u{1B}[33m\(rawValue)\u{1B}[0m"
        case .missing: "\u{1B}[31m\(rawValue)\u{1B}[0m"
        }
    }
}

/// What came from the host with its control characters replaced, so that it stays in its line.
private func safe(_ text: String) -> String {
    if text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) { return text }
    return escaped(text)
}
