internal import Syscalls
internal import Trees

/// Goes through an upper layer, directory by directory, with what is below each name.
struct LayerWalk {
    let layers: Layers
    /// Called for every file; may give up.
    let pause: () throws(OverlayError) -> Void
    private var count = 0

    init(_ layers: Layers, pause: @escaping () throws(OverlayError) -> Void) {
        self.layers = layers
        self.pause = pause
    }

    /// - Parameter visit: told of each entry, with the directories it is in; answers whether a directory is
    ///   to be entered.
    mutating func walk(
        _ upper: TreeDirectory, above lower: TreeDirectory?, _ path: TreePath = TreePath(),
        isOpaque: Bool = false,
        visit: (OverlayEntry, TreeDirectory, TreeDirectory?) throws(OverlayError) -> Bool
    ) throws(OverlayError) {
        if path.names.count >= TreeLimits.depth { throw .tooDeep(path: path) }
        let names = try names(of: upper, path)
        for name in names {
            try step(path)
            guard let entry = try layers.examine(name, in: upper, above: lower, path),
                try visit(entry, upper, lower),
                case .directory(let directory, let isOpaque) = entry.meaning
            else { continue }
            var below: TreeDirectory?
            if entry.lower?.kind == .directory {
                below = try at(entry.path) { () throws(SystemCallError) in try lower?.enter(name) }
            }
            try walk(directory, above: below, entry.path, isOpaque: isOpaque, visit: visit)
        }
        guard isOpaque, let lower else { return }
        let status = try at(path) { () throws(SystemCallError) in try upper.status() }
        let kept = Set(names)
        for name in try self.names(of: lower, path) where !kept.contains(name) {
            try step(path)
            guard let entry = try layers.hidden(name, in: lower, by: status, path) else { continue }
            _ = try visit(entry, upper, lower)
        }
    }

    /// Whether anything in a tree of the lower layer changed at `time` or later.
    mutating func hasChanged(
        _ status: NodeStatus, _ name: FileName, in lower: TreeDirectory, _ path: TreePath,
        since time: Int64
    ) throws(OverlayError) -> Bool {
        try step(path)
        if status.changed >= time { return true }
        if status.kind != .directory { return false }
        if path.names.count >= TreeLimits.depth { throw .tooDeep(path: path) }
        let directory = try at(path) { () throws(SystemCallError) in try lower.enter(name) }
        for name in try names(of: directory, path) {
            let path = path.appending(name)
            guard
                let status = try at(
                    path, { () throws(SystemCallError) in try directory.status(name) })
            else { continue }
            if try hasChanged(status, name, in: directory, path, since: time) { return true }
        }
        return false
    }

    private func names(
        of directory: TreeDirectory, _ path: TreePath
    ) throws(OverlayError) -> [FileName] {
        do throws(SystemCallError) {
            return try directory.names(limit: TreeLimits.names)
        } catch  where error.errno == .EFBIG { throw .tooMany(path: path) } catch {
            throw .system(path: path, error)
        }
    }

    private mutating func step(_ path: TreePath) throws(OverlayError) {
        count += 1
        if count > TreeLimits.files { throw .tooMany(path: path) }
        try pause()
    }
}
