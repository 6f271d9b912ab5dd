internal import Syscalls
internal import Trees

/// Single files of a commit.
extension OverlayCommit {
    /// What a commit left that was killed.
    func sweep(_ lower: TreeDirectory) throws(OverlayError) {
        var removal = TreeRemoval<OverlayError>(pause: pause)
        try removal.remove(Self.scratch, in: lower)
    }

    /// A whole tree disappears at once, and is then taken apart.
    mutating func remove(_ entry: OverlayEntry, in lower: TreeDirectory) throws(OverlayError) {
        guard let below = entry.lower else { return }
        result.committed += 1
        if below.kind != .directory {
            return try at(entry.path) { () throws(SystemCallError) in
                try lower.remove(entry.name, isDirectory: false)
            }
        }
        try at(entry.path) { () throws(SystemCallError) in
            try lower.rename(entry.name, to: Self.scratch, in: lower, .new)
        }
        try sweep(lower)
    }

    mutating func put(
        _ entry: OverlayEntry, from upper: TreeDirectory, to lower: TreeDirectory
    ) throws(OverlayError) {
        do {
            switch entry.upper.kind {
            case .symbolicLink:
                try at(entry.path) { () throws(SystemCallError) in
                    let target = try upper.target(ofLink: entry.name)
                    try lower.makeSymbolicLink(Self.scratch, to: target)
                    try lower.setOwner(
                        Self.scratch, user: entry.upper.user, group: entry.upper.group)
                    try lower.setTimes(
                        Self.scratch, accessed: entry.upper.accessed,
                        modified: entry.upper.modified)
                }
            default:
                if try !linkAgain(entry, in: lower) { try copy(entry, from: upper, to: lower) }
            }
            try place(entry, in: lower)
        } catch {
            // The next commit removes it as well.
            try? sweep(lower)
            throw error
        }
        if entry.upper.links > 1 && places.count < TreeLimits.links {
            places[entry.upper.inode] = entry.path
        }
    }

    private mutating func copy(
        _ entry: OverlayEntry, from upper: TreeDirectory, to lower: TreeDirectory
    ) throws(OverlayError) {
        let source = try at(entry.path) { () throws(SystemCallError) in try upper.open(entry.name) }
        // What is copied is what is open, whatever its name leads to.
        let status = try at(entry.path) { () throws(SystemCallError) in try source.nodeStatus() }
        if status.kind != .regular { throw .occupied(path: entry.path) }
        let file = try at(entry.path) { () throws(SystemCallError) in
            try lower.open(Self.scratch, [.writeOnly, .create, .exclusive], mode: 0o600)
        }
        let pause = pause
        try file.copyContent(
            of: source, size: status.size,
            pause: { () throws(OverlayError) in try pause() },
            failing: { .system(path: entry.path, $0) })
        try at(entry.path) { () throws(SystemCallError) in
            try copyAttributes(from: source, status, to: file)
            try file.synchronize()
        }
        result.bytes += status.size
    }

    /// A file that has another name already.
    private func linkAgain(
        _ entry: OverlayEntry, in lower: TreeDirectory
    ) throws(OverlayError) -> Bool {
        guard entry.upper.links > 1, let place = places[entry.upper.inode] else { return false }
        return try at(entry.path) { () throws(SystemCallError) in
            var directory = self.lower
            for name in place.names.dropLast() { directory = try directory.enter(name) }
            guard let name = place.names.last else { return false }
            let file = try directory.open(name)
            let status = try file.nodeStatus()
            // Somebody has put another there meanwhile.
            if status.kind != .regular || status.size != entry.upper.size
                || status.modified != entry.upper.modified || status.user != entry.upper.user
            {
                return false
            }
            try lower.link(file, as: Self.scratch)
            return true
        }
    }

    mutating func putDirectory(
        _ entry: OverlayEntry, _ directory: TreeDirectory, to lower: TreeDirectory
    ) throws(OverlayError) {
        try at(entry.path) { () throws(SystemCallError) in
            try lower.makeDirectory(Self.scratch)
            let made = try lower.open(Self.scratch, .directory)
            try copyAttributes(from: directory.descriptor, entry.upper, to: made)
            try made.synchronize()
        }
        try place(entry, in: lower)
        // Before anything that is put into it is taken from above.
        try at(entry.path) { () throws(SystemCallError) in try lower.descriptor.synchronize() }
    }

    /// Gives what was made its name.
    private func place(_ entry: OverlayEntry, in lower: TreeDirectory) throws(OverlayError) {
        let renaming: TreeDirectory.Renaming
        switch (entry.lower?.kind, entry.upper.kind) {
        case (nil, _): renaming = .new
        case (.directory, _), (_, .directory): renaming = .exchanging
        default: renaming = .replacing
        }
        try at(entry.path) { () throws(SystemCallError) in
            try lower.rename(Self.scratch, to: entry.name, in: lower, renaming)
        }
        // What was there has the other name now.
        if renaming == .exchanging { try sweep(lower) }
    }
}

/// Owner first: changing it takes permissions away. Times last: everything else changes them.
func copyAttributes(
    from source: borrowing FileDescriptor, _ status: NodeStatus,
    to file: borrowing FileDescriptor
) throws(SystemCallError) {
    try file.setOwner(user: status.user, group: status.group)
    try file.setPermissions(status.permissions)
    try Attributes(of: source).write(to: file)
    try file.setTimes(accessed: status.accessed, modified: status.modified)
}
