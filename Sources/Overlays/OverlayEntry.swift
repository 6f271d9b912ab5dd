internal import Syscalls
internal import Trees

/// One name in a directory of an overlay's upper layer, and what it does to the layer below:
/// Documentation/filesystems/overlayfs.rst.
struct OverlayEntry {
    enum Meaning {
        /// Takes away what is below.
        case whiteout
        /// Merged with what is below, or in its place.
        case directory(TreeDirectory, isOpaque: Bool)
        case other
        /// Not in the upper layer: a name below that an opaque directory hides.
        case hidden
    }

    let name: FileName
    let path: TreePath
    let meaning: Meaning
    /// Of the hiding directory, where it is hidden.
    let upper: NodeStatus
    /// Nil: nothing is there.
    let lower: NodeStatus?
    /// When the change was made: nothing below that changed later was known to whoever made it. Nil where
    /// nobody knows.
    let madeAt: Int64?
    /// Whether it is a copy of something that was below.
    let isCopiedUp: Bool

    var isRemoval: Bool {
        switch meaning {
        case .whiteout, .hidden: true
        case .directory, .other: false
        }
    }
}

/// Two layers of an overlay, looked at from outside.
struct Layers {
    static let opaque = "trusted.overlay.opaque"
    static let origin = "trusted.overlay.origin"
    /// Written by us: what was known of this directory's lower one is known up to then.
    static let known = "trusted.bulkhead.known"
    /// Written by us to the upper layer's top: it is a copy, whose files were all made before the second
    /// time, and the changes in it before the first.
    static let restored = "trusted.bulkhead.restored"

    let restoredAt: (changes: Int64, copies: Int64)?

    init(upper: TreeDirectory) throws(OverlayError) {
        guard
            let value = try at(
                TreePath(),
                { () throws(SystemCallError) in
                    try upper.descriptor.attribute(Self.restored)
                })
        else {
            restoredAt = nil
            return
        }
        let numbers = String(decoding: value, as: UTF8.self).utf8
            .split(separator: UInt8(ascii: " ")).compactMap { Int64(Substring($0)) }
        guard numbers.count == 2 else {
            throw .unknownMark(path: TreePath(), mark: Self.restored)
        }
        restoredAt = (numbers[0], numbers[1])
    }

    private func madeAt(_ status: NodeStatus) -> Int64? {
        guard let born = status.born else { return nil }
        guard let restoredAt, born <= restoredAt.copies else { return born }
        return min(born, restoredAt.changes)
    }

    /// What a name of the upper directory means; nil where it is gone meanwhile.
    func examine(
        _ name: FileName, in upper: TreeDirectory, above lower: TreeDirectory?, _ path: TreePath
    ) throws(OverlayError) -> OverlayEntry? {
        let path = path.appending(name)
        guard let status = try at(path, { () throws(SystemCallError) in try upper.status(name) })
        else { return nil }
        let below = try at(path) { () throws(SystemCallError) in try lower?.status(name) }
        var marks = Marks()
        var meaning = OverlayEntry.Meaning.other
        switch status.kind {
        case .directory:
            let directory = try at(path) { () throws(SystemCallError) in try upper.enter(name) }
            marks = try Marks(of: directory.descriptor, path)
            meaning = .directory(directory, isOpaque: marks.isOpaque)
        case .regular:
            marks = try Marks(of: upper, name, path)
            if marks.isWhiteout { meaning = .whiteout }
        case .characterDevice:
            if status.nodeMajor == 0 && status.nodeMinor == 0 { meaning = .whiteout }
        case .fifo, .blockDevice, .symbolicLink, .socket, .unknown: break
        }
        return OverlayEntry(
            name: name, path: path, meaning: meaning, upper: status, lower: below,
            madeAt: marks.known ?? madeAt(status), isCopiedUp: marks.isCopiedUp)
    }

    /// What an opaque directory hides.
    func hidden(
        _ name: FileName, in lower: TreeDirectory, by upper: NodeStatus, _ path: TreePath
    ) throws(OverlayError) -> OverlayEntry? {
        let path = path.appending(name)
        guard let status = try at(path, { () throws(SystemCallError) in try lower.status(name) })
        else { return nil }
        return OverlayEntry(
            name: name, path: path, meaning: .hidden, upper: upper, lower: status,
            madeAt: madeAt(upper), isCopiedUp: false)
    }
}

/// What the overlay has written into the extended attributes of an upper file. Features whose marks would
/// mean that a file is elsewhere (`redirect_dir`, `metacopy`, `index`) are off by contract.
struct Marks {
    private(set) var isOpaque = false
    private(set) var isWhiteout = false
    private(set) var isCopiedUp = false
    private(set) var known: Int64?

    private static let prefix = "trusted.overlay."

    init() {}

    init(of upper: TreeDirectory, _ name: FileName, _ path: TreePath) throws(OverlayError) {
        let file = try at(path) { () throws(SystemCallError) in try upper.open(name) }
        try self.init(of: file, path)
    }

    init(of file: borrowing FileDescriptor, _ path: TreePath) throws(OverlayError) {
        var unknown: String?
        do throws(SystemCallError) {
            for name in try file.attributeNames() where name.hasPrefix("trusted.") {
                switch name {
                case Layers.origin: isCopiedUp = true
                case "trusted.overlay.impure", "trusted.overlay.uuid": continue
                case "trusted.overlay.whiteout": isWhiteout = true
                case Layers.opaque:
                    let value = try file.attribute(name)
                    // `x`: nothing hidden, but whiteouts of the other form in it.
                    if value == [UInt8(ascii: "y")] {
                        isOpaque = true
                    } else if value != [UInt8(ascii: "x")] {
                        unknown = name
                    }
                case Layers.known:
                    known = try file.attribute(name).flatMap {
                        Int64(String(decoding: $0, as: UTF8.self))
                    }
                default: if name.hasPrefix(Self.prefix) { unknown = name }
                }
            }
        } catch { throw .system(path: path, error) }
        if let unknown { throw .unknownMark(path: path, mark: unknown) }
    }
}
