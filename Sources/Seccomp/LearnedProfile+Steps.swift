/// What may become of a learned profile at once, and what became of it.
extension LearnedProfile {
    public enum Step: String, Sendable, CaseIterable {
        case learn, canary, enforce, allow
    }

    /// Why this is not what a step makes of another; nil: it is.
    ///
    /// - Parameter old: what was there; nil: nothing, or a profile of another making.
    public func refusal(of step: Step, from old: LearnedProfile?) -> String? {
        if step == .learn { return nil }
        guard var expected = old else { return "no learned profile of that name is there" }
        if self == expected { return "it changes nothing" }
        switch step {
        case .learn: return nil
        case .canary, .enforce:
            expected.isCanary = step == .canary
            return self == expected ? nil : "more than \(step) was changed"
        case .allow:
            let kept = Set(expected.removed)
            let isMore =
                removed.allSatisfy(kept.contains) && expected.added.allSatisfy(added.contains)
            expected.removed = removed
            expected.added = added
            return isMore && self == expected ? nil : "more than allow was changed"
        }
    }

    /// How this differs from what was there, for a record: `allows getpgid; is a canary`.
    ///
    /// - Parameter old: nil: nothing was there, so what it differs from is the default.
    public func changes(from old: LearnedProfile?) -> String {
        let before = (removed: Set(old?.removed ?? []), added: Set((old?.added ?? []).map(\.call)))
        let now = (removed: Set(removed), added: Set(added.map(\.call)))
        let allows = before.removed.subtracting(now.removed)
            .union(now.added.subtracting(before.added))
        let refuses = now.removed.subtracting(before.removed)
            .union(before.added.subtracting(now.added))
        var parts: [String] = []
        if old?.isCanary ?? false != isCanary {
            parts.append(isCanary ? "is a canary" : "is enforced")
        }
        if !allows.isEmpty { parts.append("allows \(allows.sorted().joined(separator: " "))") }
        if !refuses.isEmpty {
            parts.append("takes away \(refuses.sorted().joined(separator: " "))")
        }
        return parts.isEmpty ? "nothing" : parts.joined(separator: "; ")
    }

    /// How it differs from a profile of another making, which it takes the place of.
    ///
    /// - Parameter resolved: this, with the default that it extends.
    public func changes(from other: ResolvedProfile, as resolved: ResolvedProfile) -> String {
        let difference = resolved.difference(from: other)
        var parts = isCanary ? ["is a canary"] : []
        for (word, calls) in [
            ("allows", difference.added), ("takes away", difference.removed),
            ("allows with other arguments", difference.changed),
        ] where !calls.isEmpty {
            parts.append("\(word) \(calls.joined(separator: " "))")
        }
        return parts.isEmpty ? "nothing" : parts.joined(separator: "; ")
    }

    /// Whether a file says what this does and nothing more: with the same conditions.
    public func isAll(of profile: Profile, of base: ResolvedProfile) -> Bool {
        guard let mine = try? Profile(parsing: Array(json(of: base).utf8), file: profile.file)
        else {
            return false
        }
        return mine.ruleSet == profile.ruleSet
    }
}

extension Profile {
    fileprivate var ruleSet: [String: Set<Rule>] {
        var result: [String: Set<Rule>] = [:]
        for group in groups {
            for name in group.names {
                result[name, default: []].insert(
                    Rule(action: group.action, conditions: group.conditions))
            }
        }
        return result
    }
}
