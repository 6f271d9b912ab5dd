internal import Plan

/// A project with all that it inherits, and where its parts are written.
struct LoadedProject {
    let name: ProjectName
    let position: Position
    let node: Node
    var policy: ProjectPolicy
    var details = ProjectDetails()
    var dependencies: [Located<ProjectName>] = []

    init(_ name: ProjectName, _ entry: Node.Entry, _ node: Node) {
        self.name = name
        position = entry.keyPosition
        self.node = node
        policy = ProjectPolicy(name: name, path: "")
    }

    /// Where the value of a key is, or where the project is.
    func position(of path: String...) -> Position {
        node.value(at: path)?.position ?? position
    }

    /// Reads what is there and checks what has to agree with each other.
    mutating func read(_ reading: inout Reading) {
        var draft = ProjectDraft()
        ProjectTable.project.read(node, into: &draft, &reading)
        readIdentity(draft, &reading)
        policy.title = draft.title.flatMap { $0.isEmpty ? nil : $0 } ?? name.text
        policy.priority = draft.priority
        policy.status = draft.status
        dependencies = draft.dependencies
        policy.dependencies = unique(draft.dependencies.map(\.value))
        policy.capabilities = unique(draft.capabilities.map(\.value))
        policy.seccompProfile = draft.seccompProfile
        policy.network = draft.network
        policy.mounts = draft.mounts.map(\.value)
        policy.root = draft.root
        policy.storage = draft.storage
        policy.volumeKind = draft.volumeKind
        policy.environment = draft.environment
        policy.secrets = draft.secrets
        readLimits(draft, &reading)
        readLogRate(draft, &reading)
        policy.services = draft.services.compactMap { service($0, &reading) }
        policy.tasks = draft.tasks.compactMap { task($0, &reading) }
        checkOrder(draft, &reading)
        checkMounts(draft, &reading)
        details = draft.details
        details.team = draft.team.map(\.value)
        details.workHours.days = draft.days.map(\.value)
        details.resourceLimits = draft.resourceLimits.limits
    }

    private mutating func readIdentity(_ draft: ProjectDraft, _ reading: inout Reading) {
        policy.identity = draft.identity ?? .standard
        if let group = draft.group { policy.identity.group = group }
        guard let path = draft.path else {
            if node["path"] == nil {
                reading.refuse(
                    position, "has no path", hint: "say where it is: path: /srv/\(name)")
            }
            return
        }
        if path == "/" {
            reading.within("path") {
                $0.refuse(position(of: "path"), "is the whole machine")
            }
        }
        policy.path = path
    }

    private mutating func readLimits(_ draft: ProjectDraft, _ reading: inout Reading) {
        policy.limits = draft.limits.limits
        policy.allowUnlimited = draft.limits.allowUnlimited
        let limits = policy.limits
        checkLimits(limits, ["limits"], position, &reading)
        reading.within("limits") { reading in
            if let least = limits.cpuMin, let most = limits.cpuMax, least > most {
                reading.within("cpu_min") {
                    $0.refuse(
                        position(of: "limits", "cpu_min"), "\(least) is above cpu, \(most)",
                        hint: "what is guaranteed is never more than what is allowed")
                }
            }
        }
    }

    private mutating func readLogRate(_ draft: ProjectDraft, _ reading: inout Reading) {
        let lines = draft.logRate.linesPerSecond ?? LogRate.standard.linesPerSecond
        let burst = draft.logRate.burst ?? max(LogRate.standard.burst, lines)
        if draft.logRate.linesPerSecond != nil || draft.logRate.burst != nil {
            policy.logRate = LogRate(linesPerSecond: lines, burst: burst)
        }
        if burst < lines {
            reading.within("log_rate") { reading in
                reading.within("burst") {
                    $0.refuse(
                        position(of: "log_rate", "burst"),
                        "\(burst) is below lines_per_second, \(lines)",
                        hint: "a second's lines may come at once: keep it above")
                }
            }
        }
    }
}

/// Each once, in the order of the first.
func unique<Element: Hashable>(_ elements: [Element]) -> [Element] {
    var seen: Set<Element> = []
    return elements.filter { seen.insert($0).inserted }
}
