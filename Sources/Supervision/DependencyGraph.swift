import Plan

/// Which project comes after which. The configuration has no circles; should one come here all the
/// same, its projects wait for each other for ever, and can be stopped.
struct DependencyGraph {
    /// Dependencies first.
    private(set) var order: [ProjectName] = []
    /// Who depends on a project, directly, in `order`. Without edges that close a circle.
    private var dependants: [ProjectName: [ProjectName]] = [:]
    private var dependencies: [ProjectName: [ProjectName]] = [:]

    init() {}

    init(_ edges: [ProjectName: [ProjectName]]) {
        order = ordered(edges.keys.sorted()) { edges[$0] ?? [] }
        var seen: Set<ProjectName> = []
        for name in order {
            for dependency in edges[name] ?? [] where seen.contains(dependency) {
                dependants[dependency, default: []].append(name)
                dependencies[name, default: []].append(dependency)
            }
            seen.insert(name)
        }
    }

    func dependants(of name: ProjectName) -> [ProjectName] { dependants[name] ?? [] }

    /// Those whose decisions may hang on this one.
    func neighbours(of name: ProjectName) -> [ProjectName] {
        (dependencies[name] ?? []) + (dependants[name] ?? [])
    }
}
