/// A profile with all it builds on: what every system call is answered with.
///
/// The files apply one after the other, each once, parents before children and in the order in
/// which they are named. What a file says of a call replaces all that the files before it said of
/// that call; a later default action replaces an earlier one.
///
/// Of the rules for one call, those with conditions come first: if some of them hold, the strictest
/// of their actions is the answer. If none holds, the rule without conditions is; if there is none,
/// the default action.
public struct ResolvedProfile: Hashable, Sendable {
    public let name: String
    /// The files it was made from, in the order in which they apply.
    public let files: [String]
    public let defaultAction: Action
    /// What is in force, in the order of the files.
    public let groups: [RuleGroup]
    /// What the file asked for says it is for.
    public let comment: String?

    /// Resolves `profile`. `load` returns the profile with a name.
    public init(
        _ profile: Profile, name: String,
        load: (Profile.Parent) throws(ProfileError) -> Profile
    ) throws(ProfileError) {
        var resolution = Resolution()
        try resolution.visit(profile, as: name, load)
        var groups: [RuleGroup] = []
        var action: Action?
        for profile in resolution.order {
            let replaced = Set(profile.groups.flatMap(\.names))
            for index in groups.indices { groups[index].names.removeAll { replaced.contains($0) } }
            groups.removeAll { $0.names.isEmpty }
            groups += profile.groups
            action = profile.defaultAction ?? action
        }
        guard let action else {
            // Only a profile with parents may leave it out, and the first of all has none.
            throw .cycle([name, name])
        }
        self.name = name
        self.files = resolution.order.map(\.file)
        self.defaultAction = action
        self.groups = groups
        self.comment = profile.comment
        try checkThatACommandCanStart(profile.file)
    }

    /// The rules of each call, in the order of the groups.
    var rules: [String: [Rule]] {
        var result: [String: [Rule]] = [:]
        for group in groups {
            for name in group.names {
                result[name, default: []].append(
                    Rule(action: group.action, conditions: group.conditions))
            }
        }
        return result
    }

    /// The filter is in force before the command is executed, so the calls between the two must get
    /// through it.
    private func checkThatACommandCanStart(_ file: String) throws(ProfileError) {
        let needed = [
            ("execve", "the command could not be started"),
            ("write", "a failure to start the command could not be reported"),
            ("exit_group", "no process could end"),
        ]
        let rules = self.rules
        for (call, consequence) in needed {
            let always = (rules[call] ?? []).contains { $0.conditions.isEmpty && $0.action.allows }
            let refused = (rules[call] ?? []).contains { !$0.action.allows }
            if !always || refused {
                throw .malformed(
                    Location(file), reason: "refuses \(call): \(consequence)",
                    hint: "allow \(call) without conditions, or extend 'default'")
            }
        }
    }
}

/// One answer for one call.
struct Rule: Hashable {
    let action: Action
    let conditions: [Condition]
}

/// Puts a profile and its parents in the order in which they apply.
private struct Resolution {
    private(set) var order: [Profile] = []
    private var finished: Set<String> = []
    /// The names from the first profile down to the one that is looked at.
    private var descent: [String] = []

    mutating func visit(
        _ profile: Profile, as name: String,
        _ load: (Profile.Parent) throws(ProfileError) -> Profile
    ) throws(ProfileError) {
        descent.append(name)
        for parent in profile.parents where !finished.contains(parent.name) {
            if let start = descent.firstIndex(of: parent.name) {
                throw .cycle(Array(descent[start...]) + [parent.name])
            }
            if descent.count >= extendsDepthMax || order.count >= sourceCountMax - 1 {
                throw .tooManyParents(parent.location)
            }
            try visit(try load(parent), as: parent.name, load)
        }
        descent.removeLast()
        finished.insert(name)
        order.append(profile)
    }
}
