internal import Plan

/// A profile that says which of the default's calls a program does not need: what `bulkhead profile learn`
/// writes, and `canary`, `enforce` and `allow` rewrite.
///
/// It extends the default and names what it takes away; so what it allows is never more than the default
/// does, with the default's conditions, but for what was allowed by name.
public struct LearnedProfile: Hashable, Sendable {
    /// Calls that the default allows, at least in part, and this does not; sorted.
    public internal(set) var removed: [String]
    /// Calls that the default does not allow and this does, each with the reason.
    public internal(set) var added: [Added]
    /// What is taken away is logged instead of refused.
    public var isCanary: Bool
    /// What it was learned from.
    public var comment: String

    public struct Added: Hashable, Sendable {
        public var call: String
        public var reason: String
    }

    /// What each program needs, whether or not it was seen: beginning and ending, returning from a
    /// signal's handler, what the kernel has it call again, memory and locks of libc.
    public static let always: Set<String> = [
        "execve", "exit", "exit_group", "write", "rt_sigreturn", "restart_syscall", "brk", "mmap",
        "munmap", "futex",
    ]

    /// From what was used, by the numbers of x86-64.
    public init(used: Set<Int32>, of base: ResolvedProfile, comment: String) {
        let names = Set(used.compactMap(SystemCallTable.name)).union(Self.always)
        removed = base.allowedCalls.filter { !names.contains($0) }
        added = []
        isCanary = false
        self.comment = comment
    }

    /// From a file of this form. Throws where it is of another, for nothing in it may be lost.
    public init(_ profile: Profile, of base: ResolvedProfile) throws(ProfileError) {
        func other(_ reason: String) -> ProfileError {
            .malformed(
                Location(profile.file), reason: "was not made by bulkhead profile learn: \(reason)",
                hint: "change the file itself, or learn a profile of another name")
        }
        guard profile.parents.map(\.name) == ["default"], profile.defaultAction == nil else {
            throw other("it does not extend 'default' and nothing else")
        }
        let allowed = Set(base.allowedCalls)
        let rules = base.rules
        var removed: Set<String> = []
        var added: [Added] = []
        var logs = false
        for group in profile.groups {
            switch group.action {
            case .allow:
                if !group.conditions.isEmpty { throw other("it allows calls by their arguments") }
                if let call = group.names.first(where: {
                    allowed.contains($0) && rules.isConditional($0)
                }) {
                    throw other(
                        "it allows \(call) whatever its arguments are, which the default looks at")
                }
                added += group.names.map { Added(call: $0, reason: group.comment ?? "") }
            case .log, .errno:
                if !allowed.isSuperset(of: group.names) {
                    throw other("it refuses what the default does not allow")
                }
                // As `json` writes what the default looks at, and only for a canary.
                if !group.conditions.isEmpty && !group.names.allSatisfy(rules.isConditional) {
                    throw other("it refuses calls by their arguments")
                }
                if group.action == .log { logs = true }
                removed.formUnion(group.names)
            case .trap, .killThread, .killProcess: throw other("it ends processes")
            }
        }
        self.removed = removed.sorted()
        self.added = added
        isCanary = logs
        comment = profile.comment ?? ""
    }

    /// Calls that were used by another run are needed too.
    public mutating func merge(_ other: LearnedProfile) {
        let kept = Set(other.removed)
        removed = removed.filter { kept.contains($0) }
        for call in other.added where !added.contains(where: { $0.call == call.call }) {
            added.append(call)
        }
    }

    /// - Throws: where that would change nothing, or more than was asked for.
    public mutating func allow(
        _ call: String, reason: String, of base: ResolvedProfile
    ) throws(ProfileError) {
        func refusal(_ reason: String, _ hint: String) -> ProfileError {
            .malformed(
                Location("allow"), reason: "\(printableName(call)) \(reason)", hint: hint)
        }
        if removed.contains(call) {
            removed.removeAll { $0 == call }
            return
        }
        switch SystemCallTable.entry(call) {
        case .number: break
        case .elsewhere:
            throw refusal("is a call of other machines only", "a rule for it does nothing here")
        case .unknown:
            throw refusal("is no system call", "bulkhead profile show default lists them")
        }
        let rules = base.rules
        if rules.isConditional(call), base.allowedCalls.contains(call) {
            throw refusal(
                "is allowed by the default with some arguments only, and this keeps to that",
                "write a profile of your own that says which others: "
                    + installedPage("seccomp"))
        }
        if base.allowedCalls.contains(call) || added.contains(where: { $0.call == call }) {
            throw refusal(
                "is allowed already", "another profile may refuse it: bulkhead status PROJECT")
        }
        added.append(Added(call: call, reason: reason))
    }

    /// Makes it a canary, or ends that.
    ///
    /// - Throws: where that would change nothing.
    public mutating func setCanary(_ isCanary: Bool) throws(ProfileError) {
        let step = isCanary ? "canary" : "enforce"
        if removed.isEmpty {
            throw .malformed(
                Location(step),
                reason: "the profile takes nothing away, so there is nothing to "
                    + (isCanary ? "log" : "refuse"),
                hint: "learn it anew: bulkhead profile learn --force NAME -- COMMAND")
        }
        if isCanary == self.isCanary {
            throw .malformed(
                Location(step),
                reason: isCanary ? "it is a canary already" : "it is enforced already",
                hint: "what it refuses, or only logs: bulkhead profile diff NAME")
        }
        self.isCanary = isCanary
    }

    /// The file.
    public func json(of base: ResolvedProfile) -> String {
        var groups: [String] = []
        if !removed.isEmpty {
            let rules = base.rules
            // Where the default looks at arguments, a canary has to as well.
            let plain = removed.filter { call in
                rules[call]?.count == 1 && rules[call]?[0].conditions.isEmpty == true
            }
            groups.append(
                group(
                    plain, isCanary ? .log : .errno(1), [],
                    isCanary
                        ? "Not used when it was learned: logged for now."
                        : "Not used when it was learned."))
            for call in removed where !plain.contains(call) {
                if !isCanary {
                    groups.append(group([call], .errno(1), [], "Not used when it was learned."))
                    continue
                }
                // As the default has it, with what that allows logged.
                for rule in rules[call] ?? [] {
                    groups.append(
                        group(
                            [call], rule.action.allows ? .log : rule.action, rule.conditions,
                            "Not used when it was learned: logged for now."))
                }
            }
        }
        groups = groups.filter { !$0.isEmpty }
        for call in added { groups.append(group([call.call], .allow, [], call.reason)) }
        return "{\n    \"comment\": \(quote(comment)),\n    \"extends\": \"default\",\n"
            + "    \"syscalls\": [\n\(groups.joined(separator: ",\n"))\n    ]\n}\n"
    }

    private func group(
        _ names: [String], _ action: Action, _ conditions: [Condition], _ comment: String
    ) -> String {
        if names.isEmpty { return "" }
        return ResolvedProfile.json(
            RuleGroup(
                names: names, action: action, conditions: conditions, comment: comment, origin: ""))
    }
}

extension ResolvedProfile {
    /// Calls that it allows, at least with some arguments; sorted.
    public var allowedCalls: [String] {
        rules.filter { $0.value.contains { $0.action.allows } }.keys.sorted()
    }

    /// How this differs from another: all sorted by name.
    public struct Difference: Hashable, Sendable {
        /// Allowed there, at least in part, and not here; and the other way round.
        public var removed: [String]
        public var added: [String]
        /// Allowed and logged here.
        public var logged: [String]
        /// Allowed by both, but not with the same arguments.
        public var changed: [String]
    }

    public func difference(from other: ResolvedProfile) -> Difference {
        let (mine, theirs) = (Set(allowedCalls), Set(other.allowedCalls))
        let (rules, others) = (self.rules, other.rules)
        return Difference(
            removed: theirs.subtracting(mine).sorted(), added: mine.subtracting(theirs).sorted(),
            logged: rules.filter { $0.value.contains { $0.action == .log } }.keys.sorted(),
            changed: mine.intersection(theirs)
                .filter { rules.arguments(of: $0) != others.arguments(of: $0) }.sorted())
    }
}

extension [String: [Rule]] {
    /// Whether the answer depends on arguments.
    fileprivate func isConditional(_ call: String) -> Bool {
        self[call]?.contains { !$0.conditions.isEmpty } ?? false
    }

    /// With which arguments a call is let through and with which not, as far as the rules say so.
    fileprivate func arguments(of call: String) -> Set<AllowedArguments> {
        var result: Set<AllowedArguments> = []
        for rule in self[call] ?? [] {
            // What no rule allows is refused anyway.
            if rule.conditions.isEmpty && !rule.action.allows { continue }
            result.insert(
                AllowedArguments(allows: rule.action.allows, conditions: Set(rule.conditions)))
        }
        return result
    }
}

private struct AllowedArguments: Hashable {
    var allows: Bool
    var conditions: Set<Condition>
}

/// A name that came from a command line, for an error.
private func printableName(_ name: String) -> String { "'\(name.prefix(64))'" }
