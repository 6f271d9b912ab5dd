internal import Syscalls
public import Trees

/// Carries a project's writes over into its directory, and takes each out of the upper layer as soon as it
/// is there for good.
///
/// The overlay must not be mounted meanwhile: what a mounted one shows of layers that change is undefined
/// (Documentation/filesystems/overlayfs.rst). Each file is replaced by one rename, so at any moment it is
/// the old one or the new one; whoever kills us may begin anew and comes to the same end.
public struct OverlayCommit {
    public struct Result: Hashable, Sendable {
        /// Files, directories and links that are new, changed or gone.
        public var committed: UInt64 = 0
        /// FIFOs and sockets, which mean nothing outside the processes that made them.
        public var skipped: UInt64 = 0
        /// Of content.
        public var bytes: UInt64 = 0
    }

    /// What is being made in a directory, until it gets its name. One that a commit left which was killed is
    /// removed by the next.
    static let scratch = FileName(".bulkhead-commit~")

    let upper: TreeDirectory
    let lower: TreeDirectory
    let layers: Layers
    let selection: Selection
    let isForced: Bool
    let pause: () throws(OverlayError) -> Void
    var walk: LayerWalk
    var result = Result()
    /// Where a file with several names has been put, by its number in the upper layer.
    var places: [UInt64: TreePath] = [:]

    /// - Parameters:
    ///   - paths: empty: everything.
    ///   - isForced: what was changed below since is overwritten.
    ///   - pause: called often; may give up.
    public init(
        upper: String, lower: String, paths: [TreePath] = [], isForced: Bool = false,
        pause: @escaping () throws(OverlayError) -> Void = {}
    ) throws(OverlayError) {
        self.upper = try at(TreePath()) { () throws(SystemCallError) in
            try TreeDirectory(opening: upper)
        }
        self.lower = try at(TreePath()) { () throws(SystemCallError) in
            try TreeDirectory(opening: lower)
        }
        layers = try Layers(upper: self.upper)
        selection = Selection(paths)
        self.isForced = isForced
        self.pause = pause
        walk = LayerWalk(layers, pause: pause)
    }

    /// Looks for what stands against it, and then does it all. Where it throws conflicts, nothing was
    /// changed.
    public mutating func run() throws(OverlayError) -> Result {
        var search = ConflictSearch(selection, isForced: isForced)
        try search.run(&walk, upper, lower)
        walk = LayerWalk(layers, pause: pause)
        try commit(upper, to: lower, TreePath(), isOpaque: false, isWithin: selection.paths.isEmpty)
        return result
    }

    // MARK: Directories

    /// How many are carried over before they are written out and taken from the upper layer.
    private static let batch = 256

    private mutating func commit(
        _ upper: TreeDirectory, to lower: TreeDirectory, _ path: TreePath, isOpaque: Bool,
        isWithin: Bool
    ) throws(OverlayError) {
        try sweep(lower)
        let names = try names(of: upper, path)
        if isOpaque && isWithin { try takeHidden(in: lower, by: upper, keeping: Set(names), path) }
        var done: [OverlayEntry] = []
        for name in names {
            try pause()
            guard let entry = try layers.examine(name, in: upper, above: lower, path) else {
                continue
            }
            if try commit(entry, in: upper, to: lower) { done.append(entry) }
            if done.count >= Self.batch { try drop(&done, from: upper, lower, path) }
        }
        try drop(&done, from: upper, lower, path)
    }

    /// What is below for good is taken from above.
    private func drop(
        _ done: inout [OverlayEntry], from upper: TreeDirectory, _ lower: TreeDirectory,
        _ path: TreePath
    ) throws(OverlayError) {
        if done.isEmpty { return }
        try at(path) { () throws(SystemCallError) in
            try lower.descriptor.synchronize()
            for entry in done {
                try upper.remove(entry.name, isDirectory: entry.upper.kind == .directory)
            }
        }
        done = []
    }

    /// Removes what an opaque directory hides. Then it hides nothing, and what is taken out of it next does
    /// not look like something that was removed.
    private mutating func takeHidden(
        in lower: TreeDirectory, by upper: TreeDirectory, keeping kept: Set<FileName>,
        _ path: TreePath
    ) throws(OverlayError) {
        let status = try at(path) { () throws(SystemCallError) in try upper.status() }
        for name in try names(of: lower, path) where !kept.contains(name) {
            guard let entry = try layers.hidden(name, in: lower, by: status, path) else { continue }
            try refuseConflict(entry, upper, lower)
            try remove(entry, in: lower)
        }
        try at(path) { () throws(SystemCallError) in
            try lower.descriptor.synchronize()
            try upper.descriptor.removeAttribute(Layers.opaque)
            try upper.descriptor.synchronize()
        }
    }

    /// - Returns: whether it is to be taken from the upper layer.
    private mutating func commit(
        _ entry: OverlayEntry, in upper: TreeDirectory, to lower: TreeDirectory
    ) throws(OverlayError) -> Bool {
        let isWithin: Bool
        switch selection.relation(of: entry.path) {
        case .outside: return false
        case .leadsTo: isWithin = false
        case .within: isWithin = true
        }
        if entry.name == Self.scratch || [.fifo, .socket].contains(entry.upper.kind) {
            if isWithin { result.skipped += 1 }
            return false
        }
        switch entry.meaning {
        case .directory(let directory, let isOpaque):
            return try commitDirectory(
                entry, directory, isOpaque: isOpaque, in: upper, to: lower, isWithin: isWithin)
        case .whiteout, .hidden:
            try refuseConflict(entry, upper, lower)
            try remove(entry, in: lower)
            return true
        case .other:
            if entry.upper.kind.isDevice { throw .device(path: entry.path) }
            try refuseConflict(entry, upper, lower)
            if try Comparison.change(entry, in: upper, above: lower) == nil { return true }
            try put(entry, from: upper, to: lower)
            result.committed += 1
            return true
        }
    }

    private mutating func commitDirectory(
        _ entry: OverlayEntry, _ directory: TreeDirectory, isOpaque: Bool,
        in upper: TreeDirectory, to lower: TreeDirectory, isWithin: Bool
    ) throws(OverlayError) -> Bool {
        let change = try Comparison.change(entry, in: upper, above: lower)
        if change != nil && (isWithin || change == .added) {
            try refuseConflict(entry, upper, lower)
            if change == .attributes {
                try at(entry.path) { () throws(SystemCallError) in
                    let below = try lower.open(entry.name, .directory)
                    try copyAttributes(from: directory.descriptor, entry.upper, to: below)
                    try below.synchronize()
                }
            } else {
                try putDirectory(entry, directory, to: lower)
            }
            result.committed += 1
        }
        let below = try at(entry.path) { () throws(SystemCallError) in try lower.enter(entry.name) }
        try commit(directory, to: below, entry.path, isOpaque: isOpaque, isWithin: isWithin)
        return try at(entry.path) { () throws(SystemCallError) in
            if !isWithin {
                // That it was changed by us is nobody's conflict; if it was by others, it stays one.
                if let before = entry.lower, entry.madeAt.map({ before.changed >= $0 }) ?? true {
                    return false
                }
                let status = try below.status()
                try directory.descriptor.setAttribute(
                    Layers.known, Array(String(status.changed + 1).utf8))
                return false
            }
            try below.descriptor.setTimes(
                accessed: entry.upper.accessed, modified: entry.upper.modified)
            return try directory.someNames(atMost: 1).isEmpty
        }
    }

    private mutating func refuseConflict(
        _ entry: OverlayEntry, _ upper: TreeDirectory, _ lower: TreeDirectory
    ) throws(OverlayError) {
        if isForced { return }
        if try ConflictSearch.isConflict(entry, upper, lower, &walk) {
            throw .conflicts([entry.path], count: 1)
        }
    }

    func names(of directory: TreeDirectory, _ path: TreePath) throws(OverlayError) -> [FileName] {
        if path.names.count >= TreeLimits.depth { throw .tooDeep(path: path) }
        return try at(path) { () throws(SystemCallError) in
            try directory.names(limit: TreeLimits.names)
        }
    }
}
