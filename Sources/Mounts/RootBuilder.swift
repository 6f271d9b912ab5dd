internal import Plan
internal import Syscalls

/// Fills the tmpfs that becomes a sandbox's root. Done by the parent, before there is a child: a
/// failure here throws, closes one descriptor, and nothing was there.
struct RootBuilder: ~Copyable {
    private let root: Directory
    /// The host's ids of the sandbox's root and of the command's user.
    private let rootID: (user: UInt32, group: UInt32)
    private let userID: (user: UInt32, group: UInt32)

    init(
        _ mount: borrowing DetachedMount, rootID: (UInt32, UInt32), userID: (UInt32, UInt32)
    ) throws(SystemCallError) {
        let directory = try Directory(opening: ".", at: mount.descriptor.number)
        try directory.setOwner(".", user: rootID.0, group: rootID.1)
        root = directory
        self.rootID = rootID
        self.userID = userID
    }

    func add(_ entry: RootSkeleton.Entry) throws(SystemCallError) {
        let path = entry.path
        switch entry.kind {
        case .directory(let mode):
            try root.makeDirectory(path, mode: mode & 0o777)
            // mkdir drops the sticky bit and honours the umask.
            if mode & 0o22 != 0 || mode > 0o777 { try root.setPermissions(path, mode) }
        case .link(let target): try root.makeSymbolicLink(path, to: target)
        case .file(let text): try root.createFile(path, containing: text)
        case .device(let major, let minor):
            try root.makeCharacterDevice(path, mode: 0o666, major: major, minor: minor)
        }
        switch entry.owner {
        case .host: break
        case .root: try root.setOwner(path, user: rootID.user, group: rootID.group)
        case .user: try root.setOwner(path, user: userID.user, group: userID.group)
        }
    }

    /// Makes a place to mount at, with the directories that lead there.
    ///
    /// - Parameter path: relative to the root, as every path here.
    func addMountPoint(_ path: String, isDirectory: Bool) throws(SystemCallError) {
        // By bytes and without joining: these are the first strings that a launch would split, and
        // making the types for that took longer than all the mount points.
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = String(path[(slash.map { path.utf8.index(after: $0) } ?? path.startIndex)...])
        // Most often its parent is there.
        if let parent = try parent(slash.map { String(path[..<$0]) } ?? "") {
            do {
                if isDirectory { return try parent.makeDirectory(name) }
                return try parent.createFile(name, containing: "")
            } catch  where error.errno == .EEXIST {}
        }
        let components = path.utf8.split(separator: UInt8(ascii: "/")).map(Substring.init)
        var prefix = ""
        for (index, component) in components.enumerated() {
            if !prefix.isEmpty { prefix += "/" }
            prefix += String(component)
            let isLast = index == components.count - 1
            do {
                if isLast && !isDirectory {
                    try root.createFile(prefix, containing: "")
                } else {
                    try root.makeDirectory(prefix)
                    try root.setOwner(prefix, user: rootID.user, group: rootID.group)
                }
            } catch  where error.errno == .EEXIST {
                // A link such as /bin leads into a tree that is not attached yet, and one of an
                // image to anywhere on this host: never past it.
                let found = try FileStatus(at: root.number, path: prefix, flags: .noFollow)
                let wanted: FileStatus.Kind = isLast && !isDirectory ? .regular : .directory
                if found.kind != wanted { throw SystemCallError("mkdirat", on: prefix, .ENOTDIR) }
            }
        }
    }

    /// The directory at `path`, nil where it is not there or a link is in the way: we are still in
    /// the host's tree, and an absolute link would lead there.
    private func parent(_ path: String) throws(SystemCallError) -> Directory? {
        do {
            return try Directory(
                opening: path.isEmpty ? "." : path, at: root.number,
                resolve: [.beneath, .noSymlinks])
        } catch {
            switch error.errno {
            case .ENOENT, .ELOOP, .ENOTDIR: return nil
            default: throw error
            }
        }
    }
}
