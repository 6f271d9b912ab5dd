public import Plan

/// `quotas.d/PROJECT.yaml`: limits that were made part of the configuration by `bulkhead quota set
/// --persist`. They go before the project's own; nothing else may be in such a file.
public struct QuotaLayer: Hashable, Sendable {
    enum Value: Hashable, Sendable {
        case scalar(String)
        case list([String])
        case mapping([String: String])
    }

    /// By key, as it is written.
    var limits: [String: Value] = [:]
    var services: [String: [String: Value]] = [:]
    var tasks: [String: [String: Value]] = [:]
    /// The project's own, which is no key of `limits`.
    var logRate: String?

    public static let directoryName = "quotas.d"

    public init() {}

    public static func fileName(of project: ProjectName) -> String {
        "\(directoryName)/\(project).yaml"
    }

    /// Whose file that is; nil where it is no such file.
    static func owner(of fileName: String) -> String? {
        let prefix = "\(directoryName)/"
        guard fileName.utf8.starts(with: prefix.utf8), fileName.hasSuffix(".yaml") else {
            return nil
        }
        return String(fileName.dropFirst(prefix.utf8.count).dropLast(5))
    }

    public var isEmpty: Bool {
        limits.isEmpty && services.isEmpty && tasks.isEmpty && logRate == nil
    }

    /// Takes over one limit as it is in `limits`, or leaves it to the project's own configuration.
    public mutating func set(
        _ name: LimitName, of workload: WorkloadName?, isTask: Bool, to all: Limits, isReset: Bool
    ) {
        if name == .logRate {
            logRate = isReset ? nil : all[name].map(\.text)
            return
        }
        let (key, value) = Self.written(name, all)
        guard let workload else {
            limits[key] = isReset ? nil : value
            return
        }
        if isTask {
            tasks[workload.text, default: [:]][key] = isReset ? nil : value
            if tasks[workload.text]?.isEmpty ?? false { tasks[workload.text] = nil }
        } else {
            services[workload.text, default: [:]][key] = isReset ? nil : value
            if services[workload.text]?.isEmpty ?? false { services[workload.text] = nil }
        }
    }

    /// The key that it is written below. One that is a list, or a mapping, is written whole.
    private static func written(_ name: LimitName, _ all: Limits) -> (String, Value?) {
        switch name {
        case .io:
            let items = all.names.compactMap { name -> String? in
                guard case .io(let path) = name, let rates = all[name] else { return nil }
                return "\(path):\(rates)"
            }
            return ("io", .list(items))
        case .hugePages:
            var sizes: [String: String] = [:]
            for limit in all.hugePages { sizes["\(limit.size)"] = limit.max.exactText }
            return ("hugetlb", .mapping(sizes))
        default:
            return (
                name.text,
                all[name].map { .scalar($0.text) } ?? (name.canBeUnlimited ? .scalar("max") : nil)
            )
        }
    }

    // MARK: Text

    /// The file.
    public func text(of project: ProjectName) -> String {
        var text =
            "# Written by: bulkhead quota set \(project) --persist. It goes before what the\n"
        text += "# project's own configuration says of its limits.\n"
        if let logRate { text += "log_rate: \(logRate)\n" }
        if !limits.isEmpty { text += "limits:\n" + Self.lines(limits, indentedBy: 2) }
        for (title, workloads) in [("services", services), ("tasks", tasks)]
        where !workloads.isEmpty {
            text += "\(title):\n"
            for (name, limits) in workloads.sorted(by: { $0.key < $1.key }) {
                text += "  \(quotedYAML(name)):\n    limits:\n" + Self.lines(limits, indentedBy: 6)
            }
        }
        return text
    }

    private static func lines(_ limits: [String: Value], indentedBy count: Int) -> String {
        let space = String(repeating: " ", count: count)
        var text = ""
        for (key, value) in limits.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .scalar(let value): text += "\(space)\(key): \(plain(value))\n"
            case .list(let items):
                text += "\(space)\(key):" + (items.isEmpty ? " []\n" : "\n")
                for item in items { text += "\(space)  - \(quotedYAML(item))\n" }
            case .mapping(let entries):
                text += "\(space)\(key):" + (entries.isEmpty ? " {}\n" : "\n")
                for (size, most) in entries.sorted(by: { $0.key < $1.key }) {
                    text += "\(space)  \(size): \(most)\n"
                }
            }
        }
        return text
    }

    /// Numbers are plain: what is quoted is text.
    private static func plain(_ text: String) -> String {
        let isNumber = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: ","):
                true
            default: false
            }
        }
        return isNumber ? text : quotedYAML(text)
    }
}

// MARK: Reading

extension QuotaLayer {
    /// What a node of such a file says; what it should not say is refused elsewhere.
    init(_ node: Node) {
        limits = node["limits"].map(Self.values) ?? [:]
        services = Self.workloads(node["services"])
        tasks = Self.workloads(node["tasks"])
        if case .scalar(let scalar)? = node["log_rate"]?.content { logRate = scalar.text }
    }

    private static func workloads(_ node: Node?) -> [String: [String: Value]] {
        guard case .mapping(let entries)? = node?.content else { return [:] }
        var found: [String: [String: Value]] = [:]
        for entry in entries { found[entry.key] = entry.value["limits"].map(values) }
        return found
    }

    private static func values(_ node: Node) -> [String: Value] {
        guard case .mapping(let entries) = node.content else { return [:] }
        var found: [String: Value] = [:]
        for entry in entries {
            switch entry.value.content {
            case .scalar(let scalar): found[entry.key] = .scalar(scalar.text)
            case .sequence(let items):
                found[entry.key] = .list(items.compactMap(\.text))
            case .mapping(let inner):
                var sizes: [String: String] = [:]
                for each in inner { sizes[each.key] = each.value.text }
                found[entry.key] = .mapping(sizes)
            }
        }
        return found
    }
}

extension Node {
    fileprivate var text: String? {
        guard case .scalar(let scalar) = content else { return nil }
        return scalar.text
    }
}

extension ProjectTable {
    /// What a file of quotas.d may say.
    static let layer = Table<ProjectDraft>(
        "quotas.d",
        project.keys.filter { ["limits", "services", "tasks", "log_rate"].contains($0.name) })

    /// Of a workload, nothing but its limits.
    static func checkLayer(_ node: Node, _ reading: inout Reading) {
        var draft = ProjectDraft()
        layer.read(node, into: &draft, &reading)
        for kind in ["services", "tasks"] {
            guard case .mapping(let entries)? = node[kind]?.content else { continue }
            for entry in entries {
                guard case .mapping(let keys) = entry.value.content else { continue }
                for key in keys where key.key != "limits" {
                    reading.refuse(
                        key.keyPosition,
                        "\(quoted(key.key)) does not belong into \(QuotaLayer.directoryName)",
                        hint: "only limits do; write it where the project is configured")
                }
            }
        }
    }
}
