package import Plan

extension Key {
    /// A command: a text for the shell, or a program and its arguments.
    static func command(
        _ name: String, _ about: About, to place: Place<Target, [String]?>
    ) -> Key {
        Key(
            description: about.description(name, "command"), takesNothing: false,
            read: { node, target, reading in
                if let command = readCommand(node, &reading) { target[keyPath: place] = command }
            }, inherit: { _, near in near })
    }

    /// Variables by name; a nearer one replaces an inherited one of the same name.
    static func environment(
        _ about: About, to place: Place<Target, [EnvironmentVariable]>
    ) -> Key {
        Key(
            description: about.description("environment", "mapping of NAME to text"),
            takesNothing: true,
            read: { node, target, reading in
                guard let entries = named(node, most: variablesMax, &reading) else { return }
                var variables: [EnvironmentVariable] = []
                for entry in entries {
                    reading.within(entry.key) { reading in
                        if let variable = readVariable(entry, &reading) {
                            variables.append(variable)
                        }
                    }
                }
                target[keyPath: place] = variables
            }, inherit: { inheritNames($0, $1) { _, near in near } })
    }

    /// Mappings by name, each with the same keys; one of a name that is inherited is merged with it.
    package static func workloads<Draft>(
        _ name: String, _ table: Table<Draft>, most: Int, _ about: About,
        make: @escaping @Sendable (WorkloadName, Node) -> Draft,
        to place: Place<Target, [Draft]>
    ) -> Key {
        Key(
            description: about.description(name, "mapping by name", section: table.title),
            takesNothing: true,
            read: { node, target, reading in
                guard let entries = named(node, most: most, &reading) else { return }
                var drafts: [Draft] = []
                for entry in entries {
                    reading.within(entry.key) { reading in
                        guard let name = workloadName(entry, &reading) else { return }
                        var draft = make(name, entry.value)
                        table.read(entry.value, into: &draft, &reading)
                        drafts.append(draft)
                    }
                }
                target[keyPath: place] = drafts
            }, inherit: { inheritNames($0, $1) { table.inherit($0, $1) } })
    }
}

/// The entries of a mapping from names that people choose.
func named(_ node: Node, most: Int, _ reading: inout Reading) -> [Node.Entry]? {
    if node.isNothing { return [] }
    guard case .mapping(let entries) = node.content else {
        reading.refuse(
            node.position, "expected a mapping by name, found \(node.kind)",
            hint: "write NAME: and what belongs to it below")
        return nil
    }
    if entries.count > most {
        reading.refuse(entries[most].keyPosition, "is one more than \(most)")
        return nil
    }
    return entries
}

/// Two mappings by name as one, `near` going before `far`.
func inheritNames(_ far: Node, _ near: Node, _ merge: (_ far: Node, _ near: Node) -> Node) -> Node {
    if near.isNothing { return far }
    guard case .mapping(var entries) = far.content, case .mapping(let own) = near.content else {
        return near
    }
    for entry in own {
        if let index = entries.firstIndex(where: { $0.key == entry.key }) {
            let merged = merge(entries[index].value, entry.value)
            entries[index] = entry
            entries[index].value = merged
        } else {
            entries.append(entry)
        }
    }
    return Node(.mapping(entries), at: near.position)
}

func workloadName(_ entry: Node.Entry, _ reading: inout Reading) -> WorkloadName? {
    do throws(InvalidValue) { return try WorkloadName(entry.key) } catch {
        reading.refuse(entry.keyPosition, error)
        return nil
    }
}

private func readCommand(_ node: Node, _ reading: inout Reading) -> [String]? {
    if case .scalar(let scalar) = node.content, !node.isNothing {
        let isBlank = scalar.text.utf8.allSatisfy { $0 == 0x20 || $0 == 0x0A }
        if isBlank || scalar.text.utf8.contains(0) {
            reading.refuse(node.position, "is no command")
            return nil
        }
        return ["/bin/sh", "-c", scalar.text]
    }
    guard case .sequence(let items) = node.content else {
        reading.refuse(
            node.position, "expected a command, found \(node.kind)",
            hint: "write a text for /bin/sh -c, or a list: a program and its arguments")
        return nil
    }
    guard let words = Value<String>.text.readList(node, &reading) else { return nil }
    // One that is no text has been refused.
    if words.count < items.count { return nil }
    guard let program = words.first, !program.value.isEmpty else {
        reading.refuse(node.position, "names no program")
        return nil
    }
    return words.map(\.value)
}

private func readVariable(
    _ entry: Node.Entry, _ reading: inout Reading
) -> EnvironmentVariable? {
    if entry.key.utf8.contains(UInt8(ascii: "=")) {
        reading.refuse(entry.keyPosition, "has '=' in its name", hint: "write NAME: VALUE")
        return nil
    }
    guard case .scalar(let scalar) = entry.value.content, !entry.value.isNothing else {
        reading.refuse(entry.value.position, "expected a text, found \(entry.value.kind)")
        return nil
    }
    do throws(InvalidValue) {
        return try EnvironmentVariable(parsing: "\(entry.key)=\(scalar.text)", for: "")
    } catch {
        // Its value may be a secret, and stays out of the message.
        reading.refuse(entry.keyPosition, error.reason)
        return nil
    }
}

/// As in an environment file.
private let variablesMax = EnvironmentFile.variablesMax
