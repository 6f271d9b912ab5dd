internal import Syscalls
public import Trees

/// Forgets a project's writes, or those at some paths, so that its directory is seen again as it is below.
///
/// The overlay must not be mounted meanwhile. Each path goes at once, all of it by one rename.
public struct OverlayDiscard {
    /// Of the upper layer in the volume, and of what is used for its work.
    static let upper = FileName("upper")
    /// An empty layer to be, and afterwards what it replaces; what is being removed. Both are removed by the
    /// next discard if one is killed.
    static let scratch = FileName("upper~")
    static let trash = FileName("discarded~")

    private let root: TreeDirectory
    private let lower: TreeDirectory
    private let pause: () throws(OverlayError) -> Void

    /// - Parameter root: the directory that holds `upper`.
    public init(
        root: String, lower: String, pause: @escaping () throws(OverlayError) -> Void = {}
    ) throws(OverlayError) {
        self.root = try at(TreePath()) { () throws(SystemCallError) in
            try TreeDirectory(opening: root)
        }
        self.lower = try at(TreePath()) { () throws(SystemCallError) in
            try TreeDirectory(opening: lower)
        }
        self.pause = pause
    }

    /// - Parameter paths: empty: everything.
    public func run(_ paths: [TreePath] = []) throws(OverlayError) {
        var removal = TreeRemoval<OverlayError>(pause: pause)
        try removal.remove(Self.scratch, in: root)
        try removal.remove(Self.trash, in: root)
        if paths.isEmpty { return try discardAll(&removal) }
        // All of them are looked at before the first is gone.
        for path in paths { _ = try place(of: path) }
        for path in paths {
            // One that was below another that has gone is gone.
            guard let (directory, name) = try? place(of: path) else { continue }
            try at(path) { () throws(SystemCallError) in
                try directory.rename(name, to: Self.trash, in: root, .new)
                try directory.descriptor.synchronize()
            }
            try removal.remove(Self.trash, in: root)
        }
    }

    /// An empty layer that looks as the directory below does, in one exchange.
    private func discardAll(_ removal: inout TreeRemoval<OverlayError>) throws(OverlayError) {
        try at(TreePath()) { () throws(SystemCallError) in
            let below = try lower.status()
            try root.makeDirectory(Self.scratch)
            let made = try root.open(Self.scratch, .directory)
            try copyAttributes(from: lower.descriptor, below, to: made)
            try made.synchronize()
            try root.rename(Self.scratch, to: Self.upper, in: root, .exchanging)
            try root.descriptor.synchronize()
        }
        try removal.remove(Self.scratch, in: root)
    }

    /// The directory of the upper layer in which the last name of `path` is.
    private func place(of path: TreePath) throws(OverlayError) -> (TreeDirectory, FileName) {
        var directory = try at(TreePath()) { () throws(SystemCallError) in
            try root.enter(Self.upper)
        }
        let layers = try Layers(upper: directory)
        var walked = TreePath()
        for name in path.names {
            guard let entry = try layers.examine(name, in: directory, above: nil, walked) else {
                throw .unchanged(path: path)
            }
            walked = entry.path
            if walked == path { return (directory, name) }
            guard case .directory(let next, isOpaque: false) = entry.meaning else {
                // What is below would stay hidden.
                throw .insideWhole(path: path, whole: walked)
            }
            directory = next
        }
        throw .unchanged(path: path)
    }
}
