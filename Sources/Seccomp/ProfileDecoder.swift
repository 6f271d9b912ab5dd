internal import Plan

extension Profile {
    /// Reads the text of a profile. `file` is what errors call it.
    ///
    /// Refused, with the place: what is no JSON, members that are unknown or named twice, values of
    /// a wrong type, calls that no machine has, rules that contradict each other.
    public init(parsing bytes: [UInt8], file: String) throws(ProfileError) {
        if bytes.count > profileSizeMax { throw .tooLarge(path: file) }
        let document = try JSONDocument(parsing: bytes, file: file)
        self = try ProfileDecoder(bytes: bytes, file: file).profile(document.node)
    }
}

/// Makes a profile of the values of a document.
struct ProfileDecoder {
    let bytes: [UInt8]
    let file: String

    func profile(_ node: JSONNode) throws(ProfileError) -> Profile {
        let top = try object(
            node, "the profile",
            [
                "comment", "extends", "defaultAction", "defaultErrnoRet", "architectures",
                "syscalls",
            ])
        var parents: [Profile.Parent] = []
        if let value = top["extends"] { parents = try self.parents(value) }
        var action: Action?
        if let value = top["defaultAction"] {
            action = try self.action(value, errno: top["defaultErrnoRet"], "defaultAction")
            if action?.allows == true {
                throw error(
                    value, "defaultAction: every call that is not listed would be allowed",
                    hint: "use SCMP_ACT_ERRNO and list what is allowed, or extend 'default'")
            }
        } else if let value = top["defaultErrnoRet"] {
            throw error(
                value, ofName: true, "defaultErrnoRet: without a defaultAction", hint: nil)
        } else if parents.isEmpty {
            throw error(
                node, "defaultAction: is missing",
                hint: "add \"defaultAction\": \"SCMP_ACT_ERRNO\", or extend 'default'")
        }
        if let value = top["architectures"] { try checkArchitectures(value) }
        var groups: [RuleGroup] = []
        var consistency = ConsistencyCheck()
        for (index, item) in try list(top["syscalls"], "syscalls").enumerated() {
            groups.append(try group(item, "syscalls[\(index)]", &consistency))
        }
        return Profile(
            file: file, comment: try optionalText(top["comment"], "comment"),
            parents: parents, defaultAction: action, groups: groups)
    }

    private func parents(_ node: JSONNode) throws(ProfileError) -> [Profile.Parent] {
        var nodes: [JSONNode]
        if case .text = node.value { nodes = [node] } else { nodes = try list(node, "extends") }
        if nodes.isEmpty { throw error(node, "extends: names no profile", hint: "leave it out") }
        if nodes.count > sourceCountMax { throw .tooManyParents(location(node)) }
        var result: [Profile.Parent] = []
        for item in nodes {
            let name = try text(item, "extends")
            if !isProfileName(name) {
                throw error(
                    item, "extends: \(quoted(name)) is not a profile's name",
                    hint: "extends takes names of installed profiles, not paths")
            }
            if result.contains(where: { $0.name == name }) {
                throw error(item, "extends: \(quoted(name)) is named twice", hint: "keep one")
            }
            result.append(Profile.Parent(name: name, location: location(item)))
        }
        return result
    }

    /// This version filters the machine it is written for, also where none is named; the other two
    /// ABIs of an x86-64 kernel stay shut, whoever asks.
    private func checkArchitectures(_ node: JSONNode) throws(ProfileError) {
        let items = try list(node, "architectures")
        if items.isEmpty {
            throw error(
                node, "architectures: is empty", hint: "write [\"SCMP_ARCH_X86_64\"]")
        }
        for item in items {
            let name = try text(item, "architectures")
            if name != "SCMP_ARCH_X86_64" {
                throw error(
                    item, "architectures: \(quoted(name)) is not supported",
                    hint: "keep SCMP_ARCH_X86_64 only: other ABIs (i386, x32) stay shut")
            }
        }
    }

    private func group(
        _ node: JSONNode, _ name: String, _ consistency: inout ConsistencyCheck
    ) throws(ProfileError) -> RuleGroup {
        let members = try object(
            node, name, ["comment", "names", "action", "errnoRet", "args"])
        guard let actionNode = members["action"] else {
            throw error(node, "\(name).action: is missing", hint: nil)
        }
        let action = try self.action(actionNode, errno: members["errnoRet"], "\(name).action")
        let arguments = try list(members["args"], "\(name).args")
        var conditions: [Condition] = []
        for (index, item) in arguments.enumerated() {
            let condition = try condition(item, "\(name).args[\(index)]")
            if conditions.contains(where: { $0.index == condition.index }) {
                throw error(
                    item,
                    "\(name).args[\(index)]: a second condition on argument "
                        + "\(condition.index)",
                    hint: "runtimes disagree whether both or either must hold; use two groups "
                        + "(either), or a mask")
            }
            conditions.append(condition)
        }
        guard let namesNode = members["names"] else {
            throw error(node, "\(name).names: is missing", hint: nil)
        }
        let items = try list(namesNode, "\(name).names")
        if items.isEmpty { throw error(namesNode, "\(name).names: is empty", hint: nil) }
        var names: [String] = []
        for item in items {
            let call = try text(item, "\(name).names")
            try check(call, item, action, conditions, &consistency)
            if !names.contains(call) { names.append(call) }
        }
        return RuleGroup(
            names: names, action: action, conditions: conditions,
            comment: try optionalText(members["comment"], "\(name).comment"), origin: file)
    }

    private func check(
        _ call: String, _ node: JSONNode, _ action: Action, _ conditions: [Condition],
        _ consistency: inout ConsistencyCheck
    ) throws(ProfileError) {
        if SystemCallTable.entry(call) == .unknown {
            let similar = nearest(to: call, in: SystemCallTable.names())
            throw error(
                node, "\(quoted(call)) is not a system call",
                hint: similar.map { "did you mean '\($0)'?" })
        }
        for condition in conditions
        where SystemCallTable.readsLowerHalf(of: condition.index, in: call)
            && condition.isFooledByUpperHalf(action)
        {
            throw error(
                node,
                "\(quoted(call)): the kernel ignores the upper half of argument "
                    + "\(condition.index), so this condition is passed by a number with a bit "
                    + "set there",
                hint: "compare 32 bits: op SCMP_CMP_MASKED_EQ, value 4294967295, valueTwo the "
                    + "number")
        }
        if let reason = consistency.add(call, action, conditions) {
            throw error(node, "\(quoted(call)): \(reason)", hint: "keep one of them")
        }
    }
}

/// Whether rules of one file for the same call can hold together.
struct ConsistencyCheck {
    private var rules: [String: [(action: Action, conditions: Set<Condition>)]] = [:]

    /// Nil, or why the rule contradicts one before it.
    mutating func add(_ call: String, _ action: Action, _ conditions: [Condition]) -> String? {
        let set = Set(conditions)
        for earlier in rules[call] ?? [] where earlier.conditions == set && earlier.action != action
        {
            let when = set.isEmpty ? "" : " under the same conditions"
            return "has two answers\(when), \(earlier.action) and \(action)"
        }
        rules[call, default: []].append((action, set))
        return nil
    }
}
