/// A profile that says which of the default's calls a program does not need: what `bulkhead profile learn`
/// writes, and `canary`, `enforce` and `allow` rewrite.
///
/// It extends the default and names what it takes away; so what it allows is never more than the default
/// does, with the default's conditions, but for what was allowed by name.
public struct LearnedProfile: Hashable, Sendable {
    /// Calls that the default allows, at least in part, and this does not; sorted.
    public private(set) var removed: [String]
    /// Calls that the default does not allow and this does, each with the reason.
    public private(set) var added: [Added]
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
        var removed: Set<String> = []
        var added: [Added] = []
        var logs = false
        for group in profile.groups {
            switch group.action {
            case .allow:
                if !group.conditions.isEmpty { throw other("it allows calls by their arguments") }
                added += group.names.map { Added(call: $0, reason: group.comment ?? "") }
            case .log, .errno:
                if !allowed.isSuperset(of: group.names) {
                    throw other("it refuses what the default does not allow")
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

    /// - Throws: where no machine has such a call.
    public mutating func allow(
        _ call: String, reason: String, of base: ResolvedProfile
    ) throws(ProfileError) {
        if removed.contains(call) {
            removed.removeAll { $0 == call }
        } else if case .unknown = SystemCallTable.entry(call) {
            throw .malformed(
                Location("allow"), reason: "\(printableName(call)) is no system call",
                hint: "bulkhead profile show default lists them")
        } else if !base.allowedCalls.contains(call), !added.contains(where: { $0.call == call }) {
            added.append(Added(call: call, reason: reason))
        }
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

    /// What another allows and this does not, and the other way round; both sorted.
    public func difference(
        from other: ResolvedProfile
    ) -> (removed: [String], added: [String], logged: [String]) {
        let (mine, theirs) = (Set(allowedCalls), Set(other.allowedCalls))
        let logged = rules.filter { $0.value.contains { $0.action == .log } }.keys.sorted()
        return (theirs.subtracting(mine).sorted(), mine.subtracting(theirs).sorted(), logged)
    }
}

/// A name that came from a command line, for an error.
private func printableName(_ name: String) -> String { "'\(name.prefix(64))'" }
