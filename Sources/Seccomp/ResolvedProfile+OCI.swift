extension ResolvedProfile {
    /// The profile with all it extends as one JSON text in the OCI form: `linux.seccomp` of a
    /// config.json, each group with its comment.
    ///
    /// Of a call with rules both with and without conditions, other runtimes see only the one
    /// without (libseccomp's reading); bulkhead looks at conditions first.
    public func ociJSON() -> String {
        var lines = ["{"]
        lines.append("    \"defaultAction\": \(quote(defaultAction.ociName)),")
        if case .errno(let number) = defaultAction {
            lines.append("    \"defaultErrnoRet\": \(number),")
        }
        lines.append("    \"architectures\": [\"SCMP_ARCH_X86_64\"],")
        lines.append("    \"syscalls\": [")
        for (index, group) in groups.enumerated() {
            lines.append(Self.json(group) + (index == groups.count - 1 ? "" : ","))
        }
        lines.append("    ]")
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }

    static func json(_ group: RuleGroup) -> String {
        var members: [String] = []
        if let comment = group.comment { members.append("\"comment\": \(quote(comment))") }
        members.append("\"names\": [\(group.names.map(quote).joined(separator: ", "))]")
        members.append("\"action\": \(quote(group.action.ociName))")
        if case .errno(let number) = group.action { members.append("\"errnoRet\": \(number)") }
        if !group.conditions.isEmpty {
            let conditions = group.conditions.map { condition in
                let (value, second) = condition.ociValues
                return "{ \"index\": \(condition.index), \"value\": \(value), "
                    + "\"valueTwo\": \(second), \"op\": \(quote(condition.ociName)) }"
            }
            members.append("\"args\": [\(conditions.joined(separator: ", "))]")
        }
        let body = members.map { "            \($0)" }.joined(separator: ",\n")
        return "        {\n\(body)\n        }"
    }
}

/// A JSON string: RFC 8259, section 7.
func quote(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": result += "\\\(scalar)"
        case _ where scalar.value < 0x20 || scalar.value == 0x7f:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
