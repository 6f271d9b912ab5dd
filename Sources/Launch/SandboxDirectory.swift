internal import Plan
internal import Syscalls

/// The directory of a sandbox's socket, which says by its name whose it is: for root alone.
struct SandboxDirectory {
    let path: String

    /// init's socket, below `path`.
    static let socket = "control"

    private func parent() throws(SystemCallError) -> (path: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash > path.utf8.startIndex,
            path.utf8.index(after: slash) < path.utf8.endIndex
        else { throw SystemCallError("openat2", on: path, .EINVAL) }
        return (String(path[..<slash]), String(path[path.utf8.index(after: slash)...]))
    }

    /// Makes it, in place of one that was left, with a socket that is bound and does not listen yet.
    ///
    /// - Returns: the socket.
    func make() throws(SystemCallError) -> FileDescriptor {
        let (parentPath, name) = try parent()
        let parent = try Self.made(parentPath)
        try remove()
        try parent.makeDirectory(name, mode: 0o700)
        do {
            let directory = try Directory(
                opening: name, at: parent.number, resolve: [.beneath, .noSymlinks])
            return try ListeningSocket.bind(
                .packets, name: Self.socket, in: directory, permissions: 0o600)
        } catch {
            // Just made; should it stay all the same, the next launch replaces it.
            try? parent.removeDirectory(name)
            throw error
        }
    }

    private static func made(_ path: String) throws(SystemCallError) -> Directory {
        do { return try Directory(opening: path, resolve: .noSymlinks) } catch
            where error.errno == .ENOENT
        {
            // From the root on, so without the slash in front.
            let root = Directory(try open("/", .path))
            do {
                try root.makeDirectory(String(path.drop { $0 == "/" }), mode: 0o700)
            } catch  where error.errno == .EEXIST {}
            return try Directory(opening: path, resolve: .noSymlinks)
        }
    }

    /// Removes it with its socket; false: it was not there.
    @discardableResult
    func remove() throws(SystemCallError) -> Bool {
        let (parentPath, name) = try parent()
        do {
            let parent = try Directory(opening: parentPath, resolve: .noSymlinks)
            do { try parent.removeFile("\(name)/\(Self.socket)") } catch
                where error.errno == .ENOENT
            {}
            try parent.removeDirectory(name)
            return true
        } catch  where error.errno == .ENOENT { return false }
    }

    /// Connects to whoever listens.
    func connect() throws(SystemCallError) -> PacketSocket {
        try PacketSocket(
            connectingTo: Self.socket, in: Directory(opening: path, resolve: .noSymlinks))
    }
}
