internal import Plan

/// Makes a configuration of its files: first every piece by itself, then every project with all that
/// it inherits, then all of them together.
struct Loader {
    var reading = Reading()
    private var global: Node.Entry?
    var classes: [String: Node.Entry] = [:]
    /// Those that came with the program; others of the same name replace them.
    var installedClasses: [String: Node.Entry] = [:]
    private var templates: [String: Node.Entry] = [:]
    private var names: [String] = []
    private var entries: [Node.Entry] = []
    private var places: [String: Position] = [:]
    /// Given a second time: looked at, so that what else is wrong with them is said too.
    private var repeated: [Node.Entry] = []
    private var settings = GlobalSettings()
    private(set) var projects: [LoadedProject] = []
    private var mergedNodes = 0
    /// By project: what quotas.d says of it.
    private(set) var layers: [String: Node] = [:]

    /// Templates make much of little; this bounds how much.
    private static let mergedNodesMax = 500_000

    // MARK: Pieces

    mutating func read(_ file: SourceFile) {
        let (root, problems) = YAMLReader.tree(of: file)
        for problem in problems { reading.add(problem) }
        guard let root else { return }
        if let owner = QuotaLayer.owner(of: file.name) { return add(layer: root, of: owner) }
        var pieces = FilePieces()
        FilePieces.table.read(root, into: &pieces, &reading)
        if let found = pieces.global {
            if let global {
                let place = global.keyPosition
                reading.add(
                    Problem(
                        found.keyPosition, "global", "is given in \(place) already",
                        hint: "keep one of the two"))
            } else {
                global = found
            }
        }
        for entry in pieces.classes { add(quotaClass: entry, isInstalled: file.isInstalled) }
        for template in pieces.templates { add(template: template) }
        for project in pieces.projects { add(project: project) }
    }

    private mutating func add(template: Node.Entry) {
        if let earlier = templates[template.key] {
            reading.add(
                Problem(
                    template.keyPosition, "templates.\(escaped(template.key))",
                    "is given in \(earlier.keyPosition) already", hint: "give it another name"))
            return
        }
        templates[template.key] = template
        names.append(template.key)
    }

    private mutating func add(project: Node.Entry) {
        if let earlier = places[project.key] {
            reading.add(
                Problem(
                    project.keyPosition, "projects.\(escaped(project.key))",
                    "is given in \(earlier) already", hint: "keep one of the two"))
            repeated.append(project)
        } else if entries.count == Configuration.projectsMax {
            reading.add(
                Problem(
                    project.keyPosition, "projects",
                    "is one more than \(Configuration.projectsMax)"))
        } else {
            entries.append(project)
            places[project.key] = project.keyPosition
        }
    }

    private mutating func add(layer: Node, of project: String) {
        layers[project] = layer
        reading.within("projects") { reading in
            reading.within(project) { ProjectTable.checkLayer(layer, &$0) }
        }
    }

    mutating func readGlobal(_ environment: [(String, String)]) {
        let written = global?.value ?? Node(.mapping([]), at: Position(file: "environment"))
        // As it is written first, so that what a variable hides is still looked at.
        var draft = GlobalDraft()
        reading.within("global") { reading in
            GlobalTable.table.read(written, into: &draft, &reading)
            GlobalTable.read(environment, into: &draft, &reading)
        }
        settings = draft.settings
    }

    mutating func readTemplates() {
        reading.within("templates") { reading in
            for name in names {
                guard let template = templates[name] else { continue }
                reading.within(name) { ProjectTable.check(template.value, &$0) }
            }
        }
    }

    // MARK: Projects

    mutating func readProjects() {
        for entry in entries + repeated {
            reading.within("projects") { reading in
                reading.within(entry.key) { reading in
                    var draft = ProjectDraft()
                    ProjectTable.project.read(entry.value, into: &draft, &reading)
                }
            }
        }
        reading.pass = .whole
        for entry in entries {
            let name: ProjectName
            do throws(InvalidValue) { name = try ProjectName(entry.key) } catch {
                reading.add(
                    Problem(
                        entry.keyPosition, "projects", "\(error.value): \(error.reason)",
                        hint: error.hint))
                continue
            }
            let node = complete(entry)
            mergedNodes += node.count
            if mergedNodes > Self.mergedNodesMax {
                reading.add(
                    Problem(
                        entry.keyPosition, "projects",
                        "with what they inherit, they have more than \(Self.mergedNodesMax) "
                            + "values", hint: "make templates smaller"))
                return
            }
            reading.within("projects") { reading in
                reading.within(entry.key) { reading in
                    var project = LoadedProject(name, entry, node)
                    project.read(&reading)
                    projects.append(project)
                }
            }
        }
    }

    /// A project with all that it inherits, and its services with what they inherit of it.
    private mutating func complete(_ entry: Node.Entry) -> Node {
        var far = ProjectTable.translated(global?.value["defaults"] ?? .nothing(at: entry))
        for name in templateNames(entry) {
            guard let template = templates[name.value] else {
                let similar =
                    reading.wantsSuggestions ? nearest(to: name.value, in: names) : nil
                reading.add(
                    Problem(
                        name.position, "projects.\(escaped(entry.key)).template",
                        "there is no template \(quoted(name.value))",
                        hint: similar.map { "did you mean '\($0)'?" }))
                continue
            }
            far = ProjectTable.template.inherit(far, ProjectTable.translated(template.value))
        }
        let near = ProjectTable.translated(entry.value)
        let merged = withLayer(ProjectTable.project.inherit(far, near), of: entry.key)
        return withClasses(ProjectTable.withServicesComplete(merged), of: entry.key)
    }

    /// A project with the limits of quotas.d before its own.
    private mutating func withLayer(_ project: Node, of name: String) -> Node {
        guard var layer = layers[name] else { return project }
        // A workload that is gone needs no limits; somebody else's file is no reason to refuse that.
        for kind in ["services", "tasks"] {
            guard let all = layer[kind], case .mapping(let entries) = all.content else { continue }
            var known: [Node.Entry] = []
            for entry in entries {
                if project.value(at: [kind, entry.key]) != nil {
                    known.append(entry)
                } else {
                    reading.noteUnused(layer: "\(name).\(kind).\(entry.key)", entry.keyPosition)
                }
            }
            layer = layer.setting(kind, to: Node(.mapping(known), at: all.position))
        }
        return ProjectTable.project.inherit(project, layer)
    }

    private func templateNames(_ entry: Node.Entry) -> [Located<String>] {
        guard let node = entry.value["template"], !node.isNothing else { return [] }
        // What is no name has been refused already.
        var quiet = Reading()
        return Value<String>.text.readList(node, &quiet) ?? []
    }

    func finished() throws(ConfigurationError) -> Configuration {
        if !reading.problems.isEmpty { throw reading.problems.error() }
        var details: [ProjectName: ProjectDetails] = [:]
        var origins: [ProjectName: Position] = [:]
        for project in projects {
            details[project.name] = project.details
            origins[project.name] = project.position
        }
        return Configuration(
            global: settings, projects: projects.map(\.policy).sorted { $0.name < $1.name },
            details: details, origins: origins, unused: reading.unused,
            quotaLayers: quotaLayers)
    }

    private var quotaLayers: [ProjectName: QuotaLayer] {
        var found: [ProjectName: QuotaLayer] = [:]
        for project in projects {
            if let layer = layers[project.name.text] { found[project.name] = QuotaLayer(layer) }
        }
        return found
    }

    var globalSettings: GlobalSettings { settings }
}

extension Node {
    fileprivate static func nothing(at entry: Node.Entry) -> Node {
        Node(.scalar(Scalar(text: "", isPlain: true)), at: entry.keyPosition)
    }

    /// How many values it is, itself counted.
    var count: Int {
        switch content {
        case .scalar: 1
        case .sequence(let items): items.reduce(1) { $0 + $1.count }
        case .mapping(let entries): entries.reduce(1) { $0 + $1.value.count }
        }
    }
}

extension ProjectTable {
    /// The services of a project with what they inherit of its `restart`, `breaker` and `health`.
    static func withServicesComplete(_ project: Node) -> Node {
        guard let services = project["services"], case .mapping(var entries) = services.content
        else { return project }
        for index in entries.indices {
            var service = WorkloadTable.service.expanded(entries[index].value)
            for key in WorkloadTable.service.keys
            where ["restart", "breaker", "health"].contains(key.name) {
                guard let far = project[key.name], !far.isNothing else { continue }
                let near = service[key.name]
                let merged = near.map { $0.isNothing ? far : key.inherit(far, $0) } ?? far
                service = service.setting(key.name, to: merged)
            }
            entries[index].value = service
        }
        return project.setting("services", to: Node(.mapping(entries), at: services.position))
    }
}
