internal import Syscalls
internal import Trees

/// Copies a tree as it is: owners, permissions, times, extended attributes, holes, files with several names,
/// and the marks of an overlay's layer. The file system shares the blocks where it can.
struct TreeCopy {
    private let bytesMax: UInt64
    private let pause: () throws(OverlayError) -> Void
    private let top: TreeDirectory
    private(set) var bytes: UInt64 = 0
    /// When the first file that was copied was made; the oldest change in an upper layer.
    private(set) var firstMade = Int64.max
    private var files = 0
    private var places: [UInt64: TreePath] = [:]

    /// - Parameter top: an empty directory that becomes the copy.
    init(
        to top: TreeDirectory, bytesMax: UInt64 = .max,
        pause: @escaping () throws(OverlayError) -> Void
    ) {
        self.top = top
        self.bytesMax = bytesMax
        self.pause = pause
    }

    mutating func run(_ source: TreeDirectory) throws(OverlayError) {
        try copy(source, to: top, TreePath())
    }

    private mutating func copy(
        _ source: TreeDirectory, to target: TreeDirectory, _ path: TreePath
    ) throws(OverlayError) {
        if path.names.count >= TreeLimits.depth { throw .tooDeep(path: path) }
        let names: [FileName]
        do throws(SystemCallError) {
            names = try source.names(limit: TreeLimits.names)
        } catch  where error.errno == .EFBIG { throw .tooMany(path: path) } catch {
            throw .system(path: path, error)
        }
        for name in names {
            try pause()
            files += 1
            if files > TreeLimits.files { throw .tooMany(path: path) }
            try copy(name, from: source, to: target, path.appending(name))
        }
        // What was put in has changed its times.
        try at(path) { () throws(SystemCallError) in
            let status = try source.status()
            try target.descriptor.setOwner(user: status.user, group: status.group)
            try target.descriptor.setPermissions(status.permissions)
            try Attributes(of: source.descriptor, where: Self.isKept).write(to: target.descriptor)
            try target.descriptor.setTimes(accessed: status.accessed, modified: status.modified)
        }
    }

    private mutating func copy(
        _ name: FileName, from source: TreeDirectory, to target: TreeDirectory, _ path: TreePath
    ) throws(OverlayError) {
        guard let status = try at(path, { () throws(SystemCallError) in try source.status(name) })
        else { return }
        firstMade = min(firstMade, status.born ?? Int64.min)
        switch status.kind {
        case .directory:
            try at(path) { () throws(SystemCallError) in try target.makeDirectory(name) }
            let below = try at(path) { () throws(SystemCallError) in try source.enter(name) }
            let made = try at(path) { () throws(SystemCallError) in try target.enter(name) }
            try copy(below, to: made, path)
        case .regular:
            if try link(status, as: name, in: target, path) { return }
            try copyFile(name, from: source, to: target, path)
            if status.links > 1 && places.count < TreeLimits.links { places[status.inode] = path }
        case .symbolicLink:
            try at(path) { () throws(SystemCallError) in
                try target.makeSymbolicLink(name, to: try source.target(ofLink: name))
                try target.setOwner(name, user: status.user, group: status.group)
                try target.setTimes(
                    name, accessed: status.accessed, modified: status.modified)
            }
        case .fifo:
            try at(path) { () throws(SystemCallError) in
                try target.makeFIFO(name, mode: status.permissions)
                try target.setOwner(name, user: status.user, group: status.group)
            }
        case .characterDevice:
            if status.nodeMajor != 0 || status.nodeMinor != 0 { throw .device(path: path) }
            try at(path) { () throws(SystemCallError) in try target.makeWhiteout(name) }
        case .blockDevice: throw .device(path: path)
        // It means nothing without the process that listens.
        case .socket, .unknown: return
        }
    }

    private mutating func copyFile(
        _ name: FileName, from source: TreeDirectory, to target: TreeDirectory, _ path: TreePath
    ) throws(OverlayError) {
        let file = try at(path) { () throws(SystemCallError) in try source.open(name) }
        let status = try at(path) { () throws(SystemCallError) in try file.nodeStatus() }
        if status.kind != .regular { throw .occupied(path: path) }
        bytes += status.allocated
        if bytes > bytesMax { throw .tooLarge(bytes: bytesMax) }
        let copy = try at(path) { () throws(SystemCallError) in
            try target.open(name, [.writeOnly, .create, .exclusive], mode: 0o600)
        }
        let pause = pause
        try copy.copyContent(
            of: file, size: status.size,
            pause: { () throws(OverlayError) in try pause() },
            failing: { .system(path: path, $0) })
        try at(path) { () throws(SystemCallError) in
            try copy.setOwner(user: status.user, group: status.group)
            try copy.setPermissions(status.permissions)
            try Attributes(of: file, where: Self.isKept).write(to: copy)
            try copy.setTimes(accessed: status.accessed, modified: status.modified)
        }
    }

    private func link(
        _ status: NodeStatus, as name: FileName, in target: TreeDirectory, _ path: TreePath
    ) throws(OverlayError) -> Bool {
        guard status.links > 1, let place = places[status.inode], let last = place.names.last else {
            return false
        }
        try at(path) { () throws(SystemCallError) in
            var directory = top
            for name in place.names.dropLast() { directory = try directory.enter(name) }
            try target.link(try directory.open(last), as: name)
        }
        return true
    }

    private static func isKept(_ name: String) -> Bool {
        Attributes.travels(name) || name.hasPrefix("trusted.")
    }
}
