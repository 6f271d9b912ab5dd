internal import Trees

/// Which part of a tree is meant.
struct Selection {
    enum Relation {
        case within
        /// Something below it is meant.
        case leadsTo
        case outside
    }

    /// Empty: all of it.
    let paths: [TreePath]
    private(set) var untouched: Set<TreePath>

    init(_ paths: [TreePath]) {
        self.paths = paths
        untouched = Set(paths)
    }

    func relation(of path: TreePath) -> Relation {
        if paths.isEmpty { return .within }
        var leads = false
        for wanted in paths {
            if path.isWithin(wanted) { return .within }
            if wanted.isWithin(path) { leads = true }
        }
        return leads ? .leadsTo : .outside
    }

    /// What was asked for and lies below `path`.
    func wanted(below path: TreePath) -> TreePath {
        paths.first { $0.isWithin(path) } ?? path
    }

    /// Something has changed there.
    mutating func touch(_ path: TreePath) {
        if untouched.isEmpty { return }
        for wanted in paths where path.isWithin(wanted) { untouched.remove(wanted) }
    }
}
