/// A value of a configuration file, with the place where it begins.
package struct Node: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case scalar(Scalar)
        case sequence([Node])
        case mapping([Entry])
    }

    package struct Scalar: Hashable, Sendable {
        package var text: String
        /// Written without quotes: only so can it stand for nothing, or for true and false.
        package var isPlain: Bool
    }

    package struct Entry: Hashable, Sendable {
        package var key: String
        package var keyPosition: Position
        package var value: Node
    }

    package var content: Content
    package var position: Position

    init(_ content: Content, at position: Position) {
        self.content = content
        self.position = position
    }

    /// Whether nothing is written here, or what stands for nothing: YAML 1.2, core schema.
    package var isNothing: Bool {
        guard case .scalar(let scalar) = content, scalar.isPlain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
    }

    /// For an error: what this is.
    package var kind: String {
        switch content {
        case .scalar: isNothing ? "nothing" : "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    /// The value of a key of a mapping.
    subscript(key: String) -> Node? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// The value that a way through mappings leads to.
    func value(at path: [String]) -> Node? {
        var node = self
        for key in path {
            guard let next = node[key] else { return nil }
            node = next
        }
        return node
    }

    /// This mapping with a key's value in place of the one it had.
    func setting(_ key: String, to value: Node) -> Node {
        guard case .mapping(var entries) = content else { return self }
        let entry = Entry(key: key, keyPosition: value.position, value: value)
        if let index = entries.firstIndex(where: { $0.key == key }) {
            entries[index] = entry
        } else {
            entries.append(entry)
        }
        return Node(.mapping(entries), at: position)
    }
}
