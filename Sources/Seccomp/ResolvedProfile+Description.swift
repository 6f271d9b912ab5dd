internal import Plan

extension ResolvedProfile {
    /// What `bulkhead profile show` prints: lines of at most 100 columns, each ended.
    public func describe() -> String {
        var text = Paragraphs()
        text.field("profile", printable(name))
        if let comment { text.field("for", plain(comment)) }
        text.field("made from", files.map(printable).joined(separator: " → "))
        text.field("otherwise", otherwise)
        text.field(
            "machine", "x86-64; a 32-bit call (i386) kills the process, x32 calls do not exist")
        let allowed = groups.filter { $0.action.allows && $0.conditions.isEmpty }
        let refused = groups.filter { !$0.action.allows && $0.conditions.isEmpty }
        let conditional = groups.filter { !$0.conditions.isEmpty }
        text.section("Allowed", allowed) { $0.action == .allow ? "" : "\($0.action): " }
        text.section("Depending on arguments, looked at first", conditional) {
            "\($0.action) if \($0.conditions.map(\.description).joined(separator: " and ")): "
        }
        text.section("Refused", refused) { "\($0.action): " }
        return text.text
    }

    /// One line for `bulkhead profile check`.
    public func summary(of program: SeccompProgram) -> String {
        let rules = self.rules
        let conditions = groups.count { !$0.conditions.isEmpty }
        let allowed = rules.values.count { $0.contains { $0.action.allows } }
        return "\(printable(name)): ok: \(rules.count) calls named, \(allowed) of them allowed at "
            + "least in part, \(conditions) rules with conditions, \(program.count) instructions, "
            + program.digest
    }

    private var otherwise: String {
        switch defaultAction {
        case .errno: "\(defaultAction); ENOSYS for calls above \(SystemCallTable.newest)"
        default: "\(defaultAction)"
        }
    }
}

/// Text from a file for a terminal: control characters escaped, cut where it would fill a screen.
private func plain(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(1_000) {
        if scalar.properties.generalCategory == .control || scalar.properties.isBidiControl {
            result += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// Lines wrapped to a width.
private struct Paragraphs {
    private(set) var text = ""

    mutating func field(_ name: String, _ value: String) {
        let label = name + String(repeating: " ", count: max(1, 12 - name.count))
        wrap(value, first: label, rest: String(repeating: " ", count: 12))
    }

    mutating func section(
        _ title: String, _ groups: [RuleGroup], _ prefix: (RuleGroup) -> String
    ) {
        if groups.isEmpty { return }
        text += "\n\(title)\n"
        for group in groups {
            wrap(prefix(group) + group.names.joined(separator: " "), first: "  ", rest: "      ")
            if let comment = group.comment {
                wrap(plain(comment), first: "      # ", rest: "      # ")
            }
        }
    }

    private mutating func wrap(_ value: String, first: String, rest: String) {
        var line = first
        var isFresh = true
        for word in value.split(separator: " ") {
            if !isFresh && line.count + 1 + word.count > 100 {
                text += line + "\n"
                line = rest
                isFresh = true
            }
            line += (isFresh ? "" : " ") + word
            isFresh = false
        }
        text += line + "\n"
    }
}
