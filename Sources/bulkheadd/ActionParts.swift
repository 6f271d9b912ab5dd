internal import Audit
internal import Crypto
internal import JSONTree
internal import Plan
internal import Quotas

/// What an action is of: one project, or none. One that is of several has a part for each, and each part its
/// record, so that whoever looks for one of the projects finds it.
struct ActionPart {
    var project: ProjectName?
    var workload: WorkloadName?
    /// What was asked for, as the caller said it: of several, what is of this one.
    var request: String
    /// The same in a few words; empty: the verb says it all.
    var words = ""
    /// What it changes, in words; empty: the request says so.
    var change = ""
}

extension ActionPart {
    /// Of what is said in a line for a person; all of it is in the request.
    private static let wordsBytesMax = 300
    private static let namesMax = 5

    /// - Parameter parameters: as they came, also where they are not what the interface says.
    static func parts(of kind: AuditKind, _ parameters: JSON) -> [ActionPart] {
        if kind == .controlQuotaSet { return quotaParts(parameters) }
        // Of other methods a name is that of something else.
        let project = parameters[kind == .controlRegister ? "name" : "project"]?.string
        let workload = (parameters["service"] ?? parameters["workload"])?.string
        var part = ActionPart(
            project: project.flatMap { try? ProjectName($0) },
            workload: workload.flatMap { try? WorkloadName($0) }, request: request(parameters),
            words: line(words(of: kind, parameters)))
        if kind == .controlScheduleStrategy { part.change = part.words }
        return [part]
    }

    private static func words(of kind: AuditKind, _ parameters: JSON) -> String {
        func text(_ name: String) -> String { parameters[name]?.string ?? "" }
        switch kind {
        case .controlExecute:
            // Its arguments, and of its environment nothing.
            let command = (parameters["command"]?.array ?? []).prefix(64).compactMap(\.string)
            let words = ControlAction.words(command)
            return [text("task"), words].filter { !$0.isEmpty }.joined(separator: " ")
        case .controlScheduleStrategy, .controlSnapshotCreate, .controlSnapshotRestore,
            .controlSnapshotRemove:
            return text("name")
        case .controlRegister: return text("path")
        case .controlProfile: return "\(text("profile")) \(text("step"))"
        case .controlConfigurationRollback:
            return parameters["version"]?.integer.map { "version \($0)" } ?? ""
        case .controlKill:
            return parameters["signal"]?.integer.map { "signal \($0)" } ?? ""
        case .controlRemove:
            return parameters["storage"]?.bool ?? false ? "with what it stored" : ""
        default: return ""
        }
    }

    // MARK: Limits

    private static func quotaParts(_ parameters: JSON) -> [ActionPart] {
        let changes = parameters["changes"]?.array ?? []
        // More is refused, and nobody's projects are looked for in it.
        if changes.count > QuotaRequest.changesMax {
            return [
                ActionPart(request: request(parameters), words: "\(changes.count) limits at once")
            ]
        }
        var order: [ProjectName?] = []
        var own: [ProjectName?: [JSON]] = [:]
        for change in changes {
            let project = change["project"]?.string.flatMap { try? ProjectName($0) }
            if own[project] == nil { order.append(project) }
            own[project, default: []].append(change)
        }
        if order.isEmpty { return [ActionPart(request: request(parameters))] }
        let end = quotaEnd(parameters)
        return order.map { project in
            let changes = own[project] ?? []
            let workloads = Set(changes.map { $0["workload"]?.string })
            let workload = workloads.count == 1 ? workloads.first ?? nil : nil
            let others = order.filter { $0 != project }.compactMap { $0?.text }
            let change = line(commaSeparated(changes.map(words))) + end
            var part = ActionPart(
                project: project, workload: workload.flatMap { try? WorkloadName($0) },
                request: request(parameters, changes: changes), words: change, change: change)
            if !others.isEmpty { part.words += ", together with \(some(others))" }
            return part
        }
    }

    /// `shop/web memory +300M`
    private static func words(_ change: JSON) -> String {
        func text(_ name: String) -> String { change[name]?.string ?? "?" }
        let workload = change["workload"]?.string.map { "/\($0)" } ?? ""
        return "\(text("project"))\(workload) \(text("name")) \(text("value"))"
    }

    /// For how long.
    private static func quotaEnd(_ parameters: JSON) -> String {
        let lasting = parameters["for_ms"]?.integer.flatMap { UInt64(exactly: $0) }
        let isPersistent = parameters["persist"]?.bool ?? false
        return (lasting.map { " for \(Milliseconds($0))" } ?? "")
            + (isPersistent ? ", as part of the configuration" : "")
    }

    private static func some(_ names: [String]) -> String {
        let more = names.count - namesMax
        return commaSeparated(Array(names.prefix(namesMax)))
            + (more > 0 ? " and \(more) more" : "")
    }

    // MARK: Text

    private static func line(_ text: String) -> String {
        let text = printable(text)
        if text.utf8.count <= wordsBytesMax { return text }
        return text.beginning(bytesMax: wordsBytesMax) + AuditEntry.cutMark
    }

    /// All of it, in so many bytes, but for what may be secret, a command's environment; the reason has a
    /// field of its own, and of a file there is its digest.
    ///
    /// - Parameter changes: in place of those of all projects.
    private static func request(_ parameters: JSON, changes: [JSON]? = nil) -> String {
        let members = (parameters.members ?? []).compactMap { member -> JSON.Member? in
            switch member.name {
            case "environment", "token", "reason": return nil
            case "changes": return JSON.Member("changes", changes.map(JSON.array) ?? member.value)
            case "content":
                return member.value.string.map { JSON.Member("sha256", .string(digest($0))) }
            default: return member
            }
        }
        return JSON.object(members).text(bytesMax: AuditEntry.valueBytesMax)
    }

    private static func digest(_ text: String) -> String {
        guard let digest = try? Digest() else { return "" }
        return hexadecimal(digest.hash(Array(text.utf8)))
    }
}
