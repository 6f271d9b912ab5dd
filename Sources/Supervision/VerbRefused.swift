public import Plan

/// What an operator wanted and cannot have now. Nothing was changed.
public enum VerbRefused: Diagnosable, Hashable {
    case noSuchProject(ProjectName, nearest: String?)
    case noSuchService(WorkloadName, ProjectName, nearest: String?)
    /// - verb: in the operator's words, `pause` or `exec`.
    case wrongPhase(ProjectName, ProjectPhase, verb: String, allowed: [ProjectPhase])
    /// It is known for projects only.
    case notForServices(Verb)
    /// These depend on it and run, or, for `remove`, are configured.
    case needed(ProjectName, Verb, by: [ProjectName])
    case beingRemoved(ProjectName)
    case shuttingDown

    public var message: String {
        switch self {
        case .noSuchProject(let name, _): "there is no project \(quoted(name.text))"
        case .noSuchService(let service, let project, _):
            "project \(quoted(project.text)) has no service \(quoted(service.text))"
        case .wrongPhase(let name, let phase, let verb, let allowed):
            """
            project \(quoted(name.text)) is \(phase.rawValue): \(verb) works when it is \
            \(list(allowed.map(\.rawValue), "or"))
            """
        case .notForServices(let verb):
            "\(verb.rawValue) is for projects; a service knows start, stop and restart"
        case .needed(let name, let verb, let dependants):
            """
            cannot \(verb.rawValue) project \(quoted(name.text)): \
            \(list(dependants.map { quoted($0.text) }, "and")) \
            \(dependants.count == 1 ? "depends" : "depend") on it
            """
        case .beingRemoved(let name): "project \(quoted(name.text)) is being removed"
        case .shuttingDown: "the supervisor is ending every project: the machine goes down"
        }
    }

    public var hint: String? {
        switch self {
        case .noSuchProject(_, let nearest?): "did you mean \(nearest)?"
        case .noSuchProject(_, nil): "list them with: bulkhead projects"
        case .noSuchService(_, _, let nearest?): "did you mean \(nearest)?"
        case .noSuchService(_, let project, nil):
            "see its services with: bulkhead status \(project)"
        case .wrongPhase(let name, let phase, _, _):
            switch phase {
            case .initializing, .starting:
                "wait until it is active; bulkhead status \(name) says what it waits for"
            case .active: nil
            case .paused: "first: bulkhead resume \(name)"
            case .maintenance: "first: bulkhead resume \(name)"
            case .stopping: "wait until it has stopped"
            case .stopped: "first: bulkhead start \(name)"
            case .failed:
                "bulkhead status \(name) says why; to try again at once: bulkhead start \(name)"
            case .archived: "take it out of the archive with: bulkhead resume \(name)"
            }
        case .notForServices(let verb): "leave the service out: bulkhead \(verb.rawValue) PROJECT"
        case .needed(_, .remove, by: _): "remove those first, or their dependency on it"
        case .needed(_, _, let dependants):
            "first: bulkhead stop \(dependants.first?.text ?? "PROJECT")"
        case .beingRemoved: "register it anew when it is gone"
        case .shuttingDown: nil
        }
    }
}

/// `a, b and c`; of more than four, how many there are.
func list(_ words: [String], _ conjunction: String) -> String {
    let shown = words.count > listedMax ? listedMax - 1 : words.count
    var text = ""
    for (index, word) in words.prefix(shown).enumerated() {
        if index > 0 { text += index == words.count - 1 ? " \(conjunction) " : ", " }
        text += word
    }
    return shown < words.count ? "\(text) \(conjunction) \(words.count - shown) more" : text
}

/// As many as a line of a terminal holds; the phases of a project all fit.
private let listedMax = 9
