public import Plan
public import Syscalls
internal import Trees

/// The snapshots of a project: directories in `snapshots`, each with what it is in a file beside the copy.
///
/// One that is being made has a name that no snapshot has until it is whole and on the disk, so whoever is
/// killed leaves none that is half.
public struct SnapshotStore {
    /// So many at most: each may be as large as the storage.
    public static let countMax = 32
    /// And so many more that a restore keeps.
    private static let keptMax = 8
    /// What a project's own directory may take on the disk to be copied.
    public static let treeBytesMax: UInt64 = 64 << 30

    /// What is copied.
    public enum Source: Hashable, Sendable {
        /// A file system in a file of this name in the storage's home.
        case image(FileName)
        /// The directory `name` in the directory `parent`.
        case tree(parent: String, name: FileName)
    }

    private static let place = FileName("snapshots")
    private static let scratch = FileName(".new~")
    private static let removed = FileName(".old~")
    private static let description = FileName("snapshot")
    private static let image = FileName("volume.img")
    private static let tree = FileName("tree")

    private let home: TreeDirectory
    private let pause: () throws(OverlayError) -> Void

    /// - Parameter home: where the project's storage is kept.
    public init(
        home: String, pause: @escaping () throws(OverlayError) -> Void = {}
    ) throws(OverlayError) {
        self.home = try at(TreePath()) { () throws(SystemCallError) in
            try TreeDirectory(opening: home)
        }
        self.pause = pause
    }

    // MARK: Listing

    /// All there are, the oldest first.
    public func list() throws(OverlayError) -> [Snapshot] {
        guard let directory = try snapshots() else { return [] }
        var found: [Snapshot] = []
        for name in try at(
            TreePath(),
            { () throws(SystemCallError) in
                try directory.names(limit: 1_024)
            })
        {
            // What is no snapshot is somebody's, or is being made.
            guard let name = try? WorkloadName(name.text), let snapshot = read(name, in: directory)
            else { continue }
            found.append(snapshot)
        }
        return found.sorted { ($0.takenAt, $0.name.text) < ($1.takenAt, $1.name.text) }
    }

    private func snapshots() throws(OverlayError) -> TreeDirectory? {
        do throws(SystemCallError) { return try home.enter(Self.place) } catch
            where error.errno == .ENOENT
        { return nil } catch { throw .system(path: TreePath([Self.place]), error) }
    }

    private func read(_ name: WorkloadName, in directory: TreeDirectory) -> Snapshot? {
        guard let fileName = FileName(text: name.text),
            let inner = try? directory.enter(fileName),
            let text = try? inner.open(Self.description).readAll(limit: 1_024)
        else { return nil }
        return Snapshot(name, parsing: String(decoding: text, as: UTF8.self))
    }

    // MARK: Making

    /// - Parameter isKept: what is there is about to be replaced.
    public func create(
        _ name: WorkloadName, of source: Source, isKept: Bool = false
    ) throws(SnapshotError) -> Snapshot {
        let all = try trying { () throws(OverlayError) in try list() }
        if all.contains(where: { $0.name == name }) { throw .exists(name) }
        if all.count >= Self.countMax + (isKept ? Self.keptMax : 0) { throw .tooMany }
        return try trying { () throws(OverlayError) in
            let directory = try prepare()
            let made = try at(TreePath()) { () throws(SystemCallError) in
                try directory.makeDirectory(Self.scratch)
                return try directory.enter(Self.scratch)
            }
            do throws(OverlayError) {
                let snapshot = try copy(name, source, to: made)
                // Where the supervisor has died, the next one lets the project go on.
                try pause()
                try at(TreePath()) { () throws(SystemCallError) in
                    let file = try made.open(
                        Self.description, [.writeOnly, .create, .exclusive], mode: 0o600)
                    try file.writeAll(snapshot.text)
                    // All of it, before it has its name.
                    try made.descriptor.synchronizeFileSystem()
                    guard let place = FileName(text: name.text) else { return }
                    try directory.rename(Self.scratch, to: place, in: directory, .new)
                    try directory.descriptor.synchronize()
                }
                return snapshot
            } catch {
                var removal = TreeRemoval<OverlayError>()
                // The next one removes it as well.
                try? removal.remove(Self.scratch, in: directory)
                throw error
            }
        }
    }

    private func prepare() throws(OverlayError) -> TreeDirectory {
        do throws(SystemCallError) { try home.makeDirectory(Self.place) } catch
            where error.errno == .EEXIST
        {} catch { throw .system(path: TreePath([Self.place]), error) }
        let directory = try at(TreePath([Self.place])) { () throws(SystemCallError) in
            try home.enter(Self.place)
        }
        var removal = TreeRemoval<OverlayError>(pause: pause)
        try removal.remove(Self.scratch, in: directory)
        try removal.remove(Self.removed, in: directory)
        return directory
    }

    private func copy(
        _ name: WorkloadName, _ source: Source, to made: TreeDirectory
    ) throws(OverlayError) -> Snapshot {
        let now = realtimeNanoseconds()
        switch source {
        case .image(let image):
            let bytes = try copy(image, in: home, to: Self.image, in: made)
            return Snapshot(name, .image, takenAt: now, bytes: bytes, changedAt: now)
        case .tree(let parent, let top):
            let from = try at(TreePath()) { () throws(SystemCallError) in
                try TreeDirectory(opening: parent).enter(top)
            }
            let to = try at(TreePath([Self.tree])) { () throws(SystemCallError) in
                try made.makeDirectory(Self.tree)
                return try made.enter(Self.tree)
            }
            var copy = TreeCopy(to: to, bytesMax: Self.treeBytesMax, pause: pause)
            try copy.run(from)
            return Snapshot(
                name, .tree, takenAt: now, bytes: copy.bytes,
                changedAt: min(copy.firstMade, try restoredMark(of: from)))
        }
    }

    /// A layer that is a copy itself has changes that are older than its files.
    private func restoredMark(of tree: TreeDirectory) throws(OverlayError) -> Int64 {
        guard let upper = try? tree.enter(OverlayDiscard.upper) else { return .max }
        return try Layers(upper: upper).restoredAt?.changes ?? .max
    }

    /// A file by its blocks: shared, or without its holes.
    private func copy(
        _ name: FileName, in directory: TreeDirectory, to target: FileName, in other: TreeDirectory
    ) throws(OverlayError) -> UInt64 {
        let path = TreePath([name])
        let source = try at(path) { () throws(SystemCallError) in try directory.open(name) }
        let status = try at(path) { () throws(SystemCallError) in try source.nodeStatus() }
        if status.kind != .regular { throw .occupied(path: path) }
        let file = try at(path) { () throws(SystemCallError) in
            try other.open(target, [.writeOnly, .create, .exclusive], mode: 0o600)
        }
        let pause = pause
        try file.copyContent(
            of: source, size: status.size,
            pause: { () throws(OverlayError) in try pause() },
            failing: { .system(path: path, $0) })
        try at(path) { () throws(SystemCallError) in try file.synchronize() }
        return status.allocated
    }

    // MARK: Going back

    /// Puts a snapshot in the place of what is there now, of which a snapshot is kept first. Nobody may use
    /// the storage meanwhile. It is there whole, or what was there is.
    ///
    /// - Parameter prepare: told of the new top directory of a tree while it is empty.
    public func restore(
        _ name: WorkloadName, to source: Source, keeping kept: WorkloadName,
        prepare: (borrowing FileDescriptor) throws(SystemCallError) -> Void = { _ in }
    ) throws(SnapshotError) {
        guard
            let snapshot = try trying({ () throws(OverlayError) in try list() })
                .first(where: { $0.name == name })
        else { throw .notFound(name) }
        switch (snapshot.form, source) {
        case (.image, .image), (.tree, .tree): break
        case (.image, .tree), (.tree, .image): throw .otherForm(name, snapshot.form)
        }
        _ = try create(kept, of: source, isKept: true)
        try trying { () throws(OverlayError) in
            guard let place = FileName(text: name.text) else { return }
            let inner = try at(TreePath()) { () throws(SystemCallError) in
                try home.enter(Self.place).enter(place)
            }
            switch source {
            case .image(let image): try restore(inner, to: image)
            case .tree(let parent, let top):
                try restore(inner, snapshot, to: parent, top, prepare)
            }
        }
    }

    private func restore(_ inner: TreeDirectory, to image: FileName) throws(OverlayError) {
        guard let scratch = FileName(Array(image.bytes) + [UInt8(ascii: "~")]) else { return }
        var removal = TreeRemoval<OverlayError>()
        try removal.remove(scratch, in: home)
        _ = try copy(Self.image, in: inner, to: scratch, in: home)
        try at(TreePath([image])) { () throws(SystemCallError) in
            try home.rename(scratch, to: image, in: home, .replacing)
            try home.descriptor.synchronize()
        }
    }

    private func restore(
        _ inner: TreeDirectory, _ snapshot: Snapshot, to parent: String, _ top: FileName,
        _ prepare: (borrowing FileDescriptor) throws(SystemCallError) -> Void
    ) throws(OverlayError) {
        let path = TreePath([top])
        // A hidden name beside it, on the same file system.
        guard
            let scratch = FileName(
                [UInt8(ascii: ".")] + Array(top.bytes) + Array(".bulkhead-restore~".utf8))
        else { return }
        let beside = try at(path) { () throws(SystemCallError) in
            try TreeDirectory(opening: parent)
        }
        var removal = TreeRemoval<OverlayError>(pause: pause)
        try removal.remove(scratch, in: beside)
        let made = try at(path) { () throws(SystemCallError) in
            try beside.makeDirectory(scratch)
            return try beside.enter(scratch)
        }
        do throws(OverlayError) {
            try at(path) { () throws(SystemCallError) in try prepare(made.descriptor) }
            let tree = try at(path) { () throws(SystemCallError) in try inner.enter(Self.tree) }
            var copy = TreeCopy(to: made, pause: pause)
            try copy.run(tree)
            try at(path) { () throws(SystemCallError) in
                if let upper = try? made.enter(OverlayDiscard.upper) {
                    let mark = "\(snapshot.changedAt) \(realtimeNanoseconds())"
                    try upper.descriptor.setAttribute(Layers.restored, Array(mark.utf8))
                }
                try made.descriptor.synchronizeFileSystem()
                try beside.rename(scratch, to: top, in: beside, .exchanging)
                try beside.descriptor.synchronize()
            }
        } catch {
            try? removal.remove(scratch, in: beside)
            throw error
        }
        try removal.remove(scratch, in: beside)
    }

    // MARK: Removing

    public func remove(_ name: WorkloadName) throws(SnapshotError) {
        guard
            try trying({ () throws(OverlayError) in try list() }).contains(where: {
                $0.name == name
            })
        else { throw .notFound(name) }
        try trying { () throws(OverlayError) in
            let directory = try prepare()
            guard let place = FileName(text: name.text) else { return }
            // No snapshot any more, whatever happens next.
            try at(TreePath([place])) { () throws(SystemCallError) in
                try directory.rename(place, to: Self.removed, in: directory, .new)
                try directory.descriptor.synchronize()
            }
            var removal = TreeRemoval<OverlayError>(pause: pause)
            try removal.remove(Self.removed, in: directory)
        }
    }

    private func trying<Result>(
        _ body: () throws(OverlayError) -> Result
    ) throws(SnapshotError) -> Result {
        do throws(OverlayError) { return try body() } catch { throw .failed(error) }
    }
}
