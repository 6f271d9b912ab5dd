internal import Plan

/// The keys of a mapping: the one place that says which there are. Reading, inheriting, the
/// suggestions for slips of typing and the reference are made of it.
package struct Table<Target>: Sendable {
    /// The section of the reference.
    let title: String
    let keys: [Key<Target>]
    /// The key that is meant where a single value, or a list, stands in place of the mapping.
    let shorthand: String?
    /// Keys of which only one may be given; a nearer one takes the place of an inherited other.
    let alternatives: [String]

    package init(
        _ title: String, shorthand: String? = nil, alternatives: [String] = [],
        _ keys: [Key<Target>]
    ) {
        self.title = title
        self.shorthand = shorthand
        self.alternatives = alternatives
        self.keys = keys
    }

    var kind: String { shorthand.map { "mapping, or \($0)" } ?? "mapping" }

    /// Reads what `node` has into `target`, and notes what it should not have.
    package func read(_ node: Node, into target: inout Target, _ reading: inout Reading) {
        if node.isNothing { return }
        guard case .mapping(let entries) = expanded(node).content else {
            reading.refuse(node.position, "expected a mapping, found \(node.kind)")
            return
        }
        var chosen: String?
        for entry in entries {
            guard let key = keys.first(where: { $0.name == entry.key }) else {
                refuseUnknown(entry, &reading)
                continue
            }
            if alternatives.contains(key.name) {
                if let chosen {
                    reading.refuse(
                        entry.keyPosition, "\(key.name) and \(chosen) exclude each other",
                        hint: "keep one of them")
                    continue
                }
                chosen = key.name
            }
            reading.within(key.name) { reading in
                if !key.description.isUsed { reading.noteUnused(entry.keyPosition) }
                if entry.value.isNothing {
                    if !key.takesNothing {
                        reading.refuse(
                            entry.value.position, "has no value",
                            hint: "give one, for example \(key.description.example), or leave the "
                                + "key out")
                    }
                    return
                }
                key.read(entry.value, &target, &reading)
            }
        }
    }

    /// `near` with what it does not have itself taken from `far`.
    func inherit(_ far: Node, _ near: Node) -> Node {
        if near.isNothing { return far }
        if far.isNothing { return near }
        let (far, near) = (expanded(far), expanded(near))
        guard case .mapping(var entries) = far.content, case .mapping(let own) = near.content
        else { return near }
        if own.contains(where: { alternatives.contains($0.key) && !$0.value.isNothing }) {
            entries.removeAll { entry in
                alternatives.contains(entry.key) && !own.contains { $0.key == entry.key }
            }
        }
        for entry in own {
            guard let index = entries.firstIndex(where: { $0.key == entry.key }) else {
                entries.append(entry)
                continue
            }
            if entry.value.isNothing { continue }
            let key = keys.first { $0.name == entry.key }
            let inherited = entries[index].value
            entries[index] = entry
            if let key, !inherited.isNothing {
                entries[index].value = key.inherit(inherited, entry.value)
            }
        }
        return Node(.mapping(entries), at: near.position)
    }

    /// A mapping of `shorthand` where only its value is written.
    func expanded(_ node: Node) -> Node {
        guard let shorthand else { return node }
        if case .mapping = node.content { return node }
        let entry = Node.Entry(key: shorthand, keyPosition: node.position, value: node)
        return Node(.mapping([entry]), at: node.position)
    }

    private func refuseUnknown(_ entry: Node.Entry, _ reading: inout Reading) {
        let similar =
            reading.wantsSuggestions ? nearest(to: entry.key, in: keys.map(\.name)) : nil
        reading.refuse(
            entry.keyPosition, "unknown key \(quoted(entry.key))",
            hint: similar.map { "did you mean '\($0)'?" }
                ?? "the keys here are \(list(keys.map(\.name)))")
    }
}

/// `a, b and c`.
func list(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "none" }
    return words.dropLast().joined(separator: ", ") + " and " + last
}
