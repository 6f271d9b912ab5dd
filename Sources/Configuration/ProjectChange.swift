public import Plan

/// What a new configuration makes of one project.
public struct ProjectChange: Hashable, Sendable {
    public enum Verb: String, Hashable, Sendable, CaseIterable {
        case add, remove, change, keep

        /// `added`.
        public var pastTense: String {
            switch self {
            case .add: "added"
            case .remove: "removed"
            case .change: "changed"
            case .keep: "kept"
            }
        }
    }

    /// What has to be done so that a change is in force, from the least to the most.
    public enum Need: Hashable, Sendable {
        /// Nothing acts upon it yet.
        case nothing
        /// It applies to what runs.
        case live
        /// A service is given it as it starts: these are started again.
        case services([WorkloadName])
        /// The sandbox is made of it: it is made anew, with everything in it.
        case sandbox
    }

    /// One value that is another one now.
    public struct Item: Hashable, Sendable {
        /// Below the project: `limits.memory`.
        public let key: String
        /// `limits.memory 512M → 1G`; values that may be secret or long are not shown.
        public let text: String
        public let need: Need
    }

    public let project: ProjectName
    public let verb: Verb
    /// Of a change; empty for the other verbs.
    public let items: [Item]

    /// Whether the project's sandbox has to be made anew.
    public var needsAnotherSandbox: Bool { items.contains { $0.need == .sandbox } }

    /// The services that have to be started again, where the sandbox stays; by name.
    public var servicesToRestart: [WorkloadName] {
        if needsAnotherSandbox { return [] }
        var names: Set<WorkloadName> = []
        for item in items {
            if case .services(let some) = item.need { names.formUnion(some) }
        }
        return names.sorted()
    }

    /// What changes and what it takes, in one line: `limits.memory 512M → 1G; restarts web`.
    public var detail: String {
        var text = ""
        func append(_ part: String) { text += (text.isEmpty ? "" : "; ") + part }
        for item in items.prefix(itemsShownMax) { append(item.text) }
        if items.count > itemsShownMax { append("and \(items.count - itemsShownMax) more") }
        if needsAnotherSandbox {
            append("restarts the sandbox")
        } else {
            let names = servicesToRestart
            if !names.isEmpty { append("restarts \(list(names.map(\.text)))") }
        }
        return text
    }
}

/// More do not help anybody who reads a line.
private let itemsShownMax = 20
