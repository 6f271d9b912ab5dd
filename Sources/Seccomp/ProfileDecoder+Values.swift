internal import Plan

extension ProfileDecoder {
    func location(_ node: JSONNode, ofName: Bool = false) -> Location {
        Locator.find(node.path, ofName: ofName, in: bytes, file: file)
    }

    func error(
        _ node: JSONNode, ofName: Bool = false, _ reason: String, hint: String?
    ) -> ProfileError {
        .malformed(location(node, ofName: ofName), reason: reason, hint: hint)
    }

    /// The members of an object, none of them outside `known`.
    func object(
        _ node: JSONNode, _ name: String, _ known: [String]
    ) throws(ProfileError) -> [String: JSONNode] {
        guard case .object(let members) = node.value else {
            throw error(node, "\(name): expected an object, found \(node.kind)", hint: nil)
        }
        var result: [String: JSONNode] = [:]
        for (key, value) in members {
            if !known.contains(key) {
                throw error(
                    value, ofName: true, "\(name): unknown member \(quoted(key))",
                    hint: hint(forUnknown: key, known))
            }
            result[key] = value
        }
        return result
    }

    /// Absent counts as empty.
    func list(_ node: JSONNode?, _ name: String) throws(ProfileError) -> [JSONNode] {
        guard let node else { return [] }
        guard case .array(let items) = node.value else {
            throw error(node, "\(name): expected a list, found \(node.kind)", hint: nil)
        }
        return items
    }

    func text(_ node: JSONNode, _ name: String) throws(ProfileError) -> String {
        guard case .text(let text) = node.value else {
            throw error(node, "\(name): expected text, found \(node.kind)", hint: nil)
        }
        return text
    }

    /// Absent is nil.
    func optionalText(_ node: JSONNode?, _ name: String) throws(ProfileError) -> String? {
        if let node { return try text(node, name) }
        return nil
    }

    func number(
        _ node: JSONNode, _ name: String, _ range: ClosedRange<Int64>
    ) throws(ProfileError) -> Int64 {
        guard case .integer(let number) = node.value else {
            throw error(node, "\(name): expected a whole number, found \(node.kind)", hint: nil)
        }
        if !range.contains(number) {
            throw error(
                node,
                range.upperBound == .max
                    ? "\(name): \(number) is negative"
                    : "\(name): \(number) is not in \(range.lowerBound) to \(range.upperBound)",
                hint: nil)
        }
        return number
    }

    /// An action and the error number beside it; without one it is EPERM, as the OCI specification
    /// has it.
    func action(
        _ node: JSONNode, errno: JSONNode?, _ name: String
    ) throws(ProfileError) -> Action {
        let action: Action
        switch try text(node, name) {
        case "SCMP_ACT_ERRNO":
            guard let errno else { return .errno(1) }
            return .errno(UInt16(try number(errno, "errnoRet", 1...4_095)))
        case "SCMP_ACT_ALLOW": action = .allow
        case "SCMP_ACT_LOG": action = .log
        case "SCMP_ACT_TRAP": action = .trap
        case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": action = .killThread
        case "SCMP_ACT_KILL_PROCESS": action = .killProcess
        case "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE":
            throw error(
                node, "\(name): nobody would be there to answer", hint: "use SCMP_ACT_ERRNO")
        case let other:
            throw error(
                node, "\(name): unknown action \(quoted(other))",
                hint: nearest(to: other, in: actionNames).map { "did you mean '\($0)'?" })
        }
        if let errno {
            throw error(
                errno, ofName: true, "\(name): an error number only goes with SCMP_ACT_ERRNO",
                hint: nil)
        }
        return action
    }

    func condition(_ node: JSONNode, _ name: String) throws(ProfileError) -> Condition {
        let members = try object(node, name, ["index", "value", "valueTwo", "op"])
        guard let indexNode = members["index"], let valueNode = members["value"],
            let operatorNode = members["op"]
        else {
            throw error(node, "\(name): needs index, value and op", hint: nil)
        }
        let index = UInt32(try number(indexNode, "\(name).index", 0...5))
        let value = UInt64(try number(valueNode, "\(name).value", 0...Int64.max))
        var second: UInt64 = 0
        if let node = members["valueTwo"] {
            second = UInt64(try number(node, "\(name).valueTwo", 0...Int64.max))
        }
        let comparison: Condition.Comparison
        switch try text(operatorNode, "\(name).op") {
        case "SCMP_CMP_NE": comparison = .notEqual(value)
        case "SCMP_CMP_LT": comparison = .less(value)
        case "SCMP_CMP_LE": comparison = .lessOrEqual(value)
        case "SCMP_CMP_EQ": comparison = .equal(value)
        case "SCMP_CMP_GE": comparison = .greaterOrEqual(value)
        case "SCMP_CMP_GT": comparison = .greater(value)
        case "SCMP_CMP_MASKED_EQ": comparison = .masked(mask: value, value: second)
        case let other:
            throw error(
                operatorNode, "\(name).op: unknown comparison \(quoted(other))",
                hint: nearest(to: other, in: comparisonNames).map { "did you mean '\($0)'?" })
        }
        let condition = Condition(index: index, comparison)
        if case .masked = comparison {
        } else if second != 0 {
            throw error(node, "\(name).valueTwo: only goes with SCMP_CMP_MASKED_EQ", hint: nil)
        }
        if condition.isImpossible {
            throw error(node, "\(name): can never hold: \(condition)", hint: "leave the group out")
        }
        return condition
    }

    private func hint(forUnknown key: String, _ known: [String]) -> String? {
        switch key {
        case "includes", "excludes", "archMap", "minKernel":
            "this is Docker's form, which depends on the container; give the OCI form, as in "
                + "linux.seccomp of a config.json"
        case "flags", "listenerPath", "listenerMetadata":
            "bulkhead installs filters without flags or listener; leave it out"
        case "name": "write \"names\": [\"…\"]"
        default: nearest(to: key, in: known).map { "did you mean '\($0)'?" }
        }
    }

    private var actionNames: [String] {
        [
            "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
            "SCMP_ACT_LOG", "SCMP_ACT_TRAP",
        ]
    }

    private var comparisonNames: [String] {
        [
            "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT",
            "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE",
        ]
    }
}

/// A name fit for a file in a directory of profiles: a letter or digit first, then also `-`, `_`
/// and `.`; at most 64.
func isProfileName(_ name: String) -> Bool {
    func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }
    guard let first = name.utf8.first, isAlphanumeric(first), name.utf8.count <= 64 else {
        return false
    }
    return name.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2d || $0 == 0x5f || $0 == 0x2e }
}
