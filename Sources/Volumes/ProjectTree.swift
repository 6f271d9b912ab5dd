internal import Plan
internal import Syscalls
internal import Trees

/// A directory tree whose every file and directory counts for one project id.
///
/// The kernel lets what is made in such a directory count likewise; what was there before has to be
/// told one by one. Symbolic links, sockets, pipes and devices that were there before have no call for
/// it and stay as they are: they take up no blocks.
struct ProjectTree {
    let path: String
    let id: UInt32

    /// Deeper than any tree that a program made on purpose, and each level holds a descriptor.
    static let depthMax = 1_024

    /// Lets all of the tree count for `id`. Throws `counted` where a part of it counts for somebody else
    /// already, and `mounted` where a part is on another file system.
    func count() throws(VolumeError) { try set(id, whereItWas: [0, id]) }

    /// Lets nothing of it count for `id` any more.
    func release() throws(VolumeError) { try set(0, whereItWas: nil) }

    private func set(_ new: UInt32, whereItWas allowed: [UInt32]?) throws(VolumeError) {
        let root = try trying { () throws(SystemCallError) in
            try TreeDirectory(opening: path, resolve: .noSymlinks)
        }
        // Before what is in it: what is made meanwhile counts already.
        try mark(root.descriptor, path, new, allowed, isDirectory: true)
        try visit(root, path, new, allowed, depth: 1)
    }

    private func visit(
        _ directory: TreeDirectory, _ path: String, _ new: UInt32, _ allowed: [UInt32]?,
        depth: Int
    ) throws(VolumeError) {
        if depth > Self.depthMax {
            throw .failed(SystemCallError("openat2", on: path, .ENAMETOOLONG))
        }
        let names = try trying { () throws(SystemCallError) in
            try directory.names(limit: TreeLimits.files)
        }
        for name in names {
            let place = "\(path)/\(name.text)"
            let kind: FileStatus.Kind
            do throws(SystemCallError) {
                kind = try directory.open(name, .path).status().kind
            } catch {
                switch error.errno {
                // It is gone, or a link.
                case .ENOENT, .ELOOP: continue
                case .EXDEV:
                    if allowed == nil { continue }
                    throw .mounted(
                        path: place,
                        reason: "another file system is mounted there, which the limit would miss")
                default: throw .failed(error)
                }
            }
            guard kind == .directory || kind == .regular else { continue }
            let isDirectory = kind == .directory
            let file: FileDescriptor
            do throws(SystemCallError) {
                file = try directory.open(name, isDirectory ? .directory : .readOnly)
            } catch {
                if error.errno == .ENOENT { continue }
                throw .failed(error)
            }
            try mark(file, place, new, allowed, isDirectory: isDirectory)
            if isDirectory { try visit(TreeDirectory(file), place, new, allowed, depth: depth + 1) }
        }
    }

    private func mark(
        _ file: borrowing FileDescriptor, _ path: String, _ new: UInt32, _ allowed: [UInt32]?,
        isDirectory: Bool
    ) throws(VolumeError) {
        let found = try trying { () throws(SystemCallError) in try file.projectID() }
        if let allowed, !allowed.contains(found.id) { throw .counted(path: path, id: found.id) }
        // Somebody else's, which we have nothing to do with.
        if allowed == nil && found.id != id { return }
        if found.id == new && (!isDirectory || found.isInherited == (new != 0)) { return }
        try trying { () throws(SystemCallError) in
            try file.setProjectID(new, isInherited: isDirectory && new != 0)
        }
    }
}
