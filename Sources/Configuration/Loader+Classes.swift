internal import Plan

/// Quota classes: limits by name, below all else that says something of limits.
extension Loader {
    mutating func add(quotaClass entry: Node.Entry, isInstalled: Bool) {
        if isInstalled {
            installedClasses[entry.key] = entry
        } else if let earlier = classes[entry.key] {
            reading.add(
                Problem(
                    entry.keyPosition, "classes.\(escaped(entry.key))",
                    "is given in \(earlier.keyPosition) already", hint: "give it another name"))
        } else {
            classes[entry.key] = entry
        }
    }

    mutating func readClasses() {
        let found = Array(installedClasses.values) + Array(classes.values)
        reading.within("classes") { reading in
            for entry in found.sorted(by: { $0.key < $1.key }) {
                reading.within(entry.key) { reading in
                    var draft = LimitsDraft(limits: Limits())
                    LimitTable.quotaClassLimits.read(entry.value, into: &draft, &reading)
                }
            }
        }
    }

    /// A project with what the classes say that it and its workloads name.
    mutating func withClasses(_ project: Node, of name: String) -> Node {
        var result = project
        if let limits = project["limits"] {
            let place = "projects.\(escaped(name)).limits.class"
            result = result.setting(
                "limits", to: complete(limits, LimitTable.project, place))
        }
        for kind in ["services", "tasks"] {
            guard let workloads = result[kind], case .mapping(var entries) = workloads.content
            else { continue }
            for index in entries.indices {
                guard let limits = entries[index].value["limits"] else { continue }
                let workload = escaped(entries[index].key)
                let place = "projects.\(escaped(name)).\(kind).\(workload).limits.class"
                entries[index].value = entries[index].value.setting(
                    "limits", to: complete(limits, LimitTable.workload, place))
            }
            result = result.setting(kind, to: Node(.mapping(entries), at: workloads.position))
        }
        return result
    }

    private mutating func complete(
        _ limits: Node, _ table: Table<LimitsDraft>, _ place: String
    ) -> Node {
        guard let node = limits["class"], !node.isNothing, case .scalar(let scalar) = node.content
        else { return limits }
        guard let found = classes[scalar.text] ?? installedClasses[scalar.text] else {
            let names = Set(classes.keys).union(installedClasses.keys).sorted()
            let similar = reading.wantsSuggestions ? nearest(to: scalar.text, in: names) : nil
            reading.add(
                Problem(
                    node.position, place, "there is no quota class \(quoted(scalar.text))",
                    hint: similar.map { "did you mean '\($0)'?" }
                        ?? (names.isEmpty ? nil : "they are \(list(names))")))
            return limits
        }
        guard case .mapping(let entries) = found.value.content else { return limits }
        let own = entries.filter { entry in table.keys.contains { $0.name == entry.key } }
        return table.inherit(Node(.mapping(own), at: found.value.position), limits)
    }
}
