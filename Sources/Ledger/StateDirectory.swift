internal import Plan
internal import Syscalls

/// The directory that the ledger is in, which has to be ours alone.
struct StateDirectory {
    /// The database's path.
    let file: String

    static let fileName = "ledger.db"

    /// Checks the directory, or makes it in a directory that is there; makes the file where it is
    /// absent.
    init(_ path: String) throws(LedgerError) {
        let file = "\(path)/\(Self.fileName)"
        let directory = try trying(path) { () throws(SystemCallError) in
            try Self.openOrMake(path)
        }
        let status = try trying(path) { () throws(SystemCallError) in
            try directory.descriptor.status()
        }
        try Self.check(status, path)
        let found = try trying(file) { () throws(SystemCallError) in
            // Others have nothing to read in it either.
            try directory.setPermissions(".", 0o700)
            try Self.makeFile(in: directory)
            return try FileStatus(at: directory.number, path: Self.fileName, flags: .noFollow)
        }
        if found.kind != .regular {
            throw .untrusted(path: file, reason: "it is no regular file")
        }
        try Self.check(found, file)
        self.file = file
    }

    private static func openOrMake(_ path: String) throws(SystemCallError) -> Directory {
        do { return try Directory(opening: path, resolve: .noSymlinks) } catch
            where error.errno == .ENOENT
        { return try make(path) }
    }

    private static func make(_ path: String) throws(SystemCallError) -> Directory {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash > path.startIndex else {
            throw SystemCallError("mkdirat", on: path, .ENOENT)
        }
        let parent = try Directory(opening: String(path[..<slash]), resolve: .noSymlinks)
        let name = String(path[path.index(after: slash)...])
        try parent.makeDirectory(name, mode: 0o700)
        try parent.descriptor.synchronize()
        return try Directory(opening: name, at: parent.number, resolve: .noSymlinks)
    }

    /// SQLite takes an empty file for an empty database, and gives its log the file's permissions.
    private static func makeFile(in directory: borrowing Directory) throws(SystemCallError) {
        do {
            let file = try Syscalls.open(
                fileName, at: directory.number, [.writeOnly, .create, .exclusive], mode: 0o600)
            try file.synchronize()
            try directory.descriptor.synchronize()
        } catch  where error.errno == .EEXIST {}
    }

    private static func check(_ status: FileStatus, _ path: String) throws(LedgerError) {
        if status.user != effectiveUserID() {
            throw .untrusted(path: path, reason: "it belongs to user \(status.user)")
        }
        if status.permissions & 0o022 != 0 {
            throw .untrusted(path: path, reason: "others than its owner may write to it")
        }
    }
}

/// Runs system calls and says what their failure means here.
private func trying<Result: ~Copyable>(
    _ path: String, _ body: () throws(SystemCallError) -> Result
) throws(LedgerError) -> Result {
    do { return try body() } catch {
        switch error.errno {
        case .ELOOP, .ENOTDIR:
            throw .untrusted(
                path: path, reason: "a symbolic link or a file is where a directory belongs")
        case .ENOSPC, .EDQUOT: throw .full(path: path)
        case .EROFS: throw .readOnly(path: path)
        default: throw .system(error)
        }
    }
}
