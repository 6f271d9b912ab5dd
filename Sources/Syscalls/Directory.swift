internal import CLinux

/// Operations on names below a directory descriptor: the *at calls.
///
/// What makes, changes or removes refuses an absolute path with `EXDEV`, as openat2(2) does for
/// `RESOLVE_BENEATH`: the kernel would ignore the descriptor and act on the host.
public struct Directory: ~Copyable, Sendable {
    public let descriptor: FileDescriptor

    public init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    public init(
        opening path: String, at directory: CInt = currentDirectory, resolve: ResolveFlags = []
    ) throws(SystemCallError) {
        descriptor = try open(path, at: directory, .directory, resolve: resolve)
    }

    public var number: CInt { descriptor.number }

    /// The corresponding call is mkdirat(2).
    public func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemCallError) {
        try refuseAbsolute(path, "mkdirat")
        try checked("mkdirat", on: path) { bh_mkdirat(number, path, mode) }
    }

    /// The corresponding call is symlinkat(2).
    public func makeSymbolicLink(_ path: String, to target: String) throws(SystemCallError) {
        try refuseAbsolute(path, "symlinkat")
        try checked("symlinkat", on: path) { bh_symlinkat(target, number, path) }
    }

    /// The corresponding call is mknodat(2), for a character device.
    public func makeCharacterDevice(
        _ path: String, mode: UInt32, major: UInt32, minor: UInt32
    ) throws(SystemCallError) {
        try refuseAbsolute(path, "mknodat")
        try checked("mknodat", on: path) {
            bh_mknodat(number, path, 0o020000 | mode, major, minor)
        }
        // mknod honours the umask.
        try setPermissions(path, mode)
    }

    /// The corresponding call is fchownat(2); links are not followed.
    public func setOwner(_ path: String, user: UInt32, group: UInt32) throws(SystemCallError) {
        try refuseAbsolute(path, "fchownat")
        try checked("fchownat", on: path) { bh_fchownat(number, path, user, group, 0x100) }
    }

    /// The corresponding call is fchmodat(2).
    public func setPermissions(_ path: String, _ mode: UInt32) throws(SystemCallError) {
        try refuseAbsolute(path, "fchmodat")
        try checked("fchmodat", on: path) { bh_fchmodat(number, path, mode) }
    }

    /// The corresponding call is unlinkat(2).
    public func removeFile(_ path: String) throws(SystemCallError) {
        try refuseAbsolute(path, "unlinkat")
        try checked("unlinkat", on: path) { bh_unlinkat(number, path, 0) }
    }

    /// The corresponding call is unlinkat(2) with `AT_REMOVEDIR`.
    public func removeDirectory(_ path: String) throws(SystemCallError) {
        try refuseAbsolute(path, "rmdir")
        try checked("rmdir", on: path) { bh_unlinkat(number, path, 0x200) }
    }

    /// Replaces what is at `to`. The corresponding call is renameat(2), within this directory.
    public func rename(_ from: String, to: String) throws(SystemCallError) {
        try refuseAbsolute(from, "renameat")
        try refuseAbsolute(to, "renameat")
        try checked("renameat", on: from) { bh_renameat(number, from, number, to) }
    }

    /// The corresponding call is readlinkat(2).
    public func target(ofLink path: String) throws(SystemCallError) -> String {
        try linkTarget(path, at: number)
    }

    /// Every name but `.` and `..`, unsorted. The corresponding call is getdents64(2).
    public func names() throws(SystemCallError) -> [String] {
        var result: [String] = []
        try readNames(of: number) { bytes in
            let name = String(decoding: bytes, as: UTF8.self)
            if name != "." && name != ".." { result.append(name) }
            return true
        }
        return result
    }

    /// Reads a small file below this directory.
    public func readFile(_ path: String, limit: Int = 65_536) throws(SystemCallError) -> String {
        let file = try open(path, at: number)
        return String(decoding: try file.readAll(limit: limit), as: UTF8.self)
    }

    /// Writes an existing file, such as a kernel's control file, in one call.
    public func writeFile(_ path: String, _ text: String) throws(SystemCallError) {
        let file = try open(path, at: number, .writeOnly)
        do { try file.writeAll(text) } catch {
            throw SystemCallError("write \(text.filter { $0 != "\n" }) to", on: path, error.errno)
        }
    }

    /// Makes a file that must not exist yet.
    public func createFile(
        _ path: String, containing text: String, mode: UInt32 = 0o644
    ) throws(SystemCallError) {
        try createFile(path, containing: Array(text.utf8), mode: mode)
    }

    public func createFile(
        _ path: String, containing bytes: [UInt8], mode: UInt32
    ) throws(SystemCallError) {
        try refuseAbsolute(path, "openat2")
        let file = try open(path, at: number, [.writeOnly, .create, .exclusive], mode: mode)
        try file.writeAll(bytes)
    }

    /// Puts a file in the place of whatever is at `path`, whole or not at all, and on the disk when this
    /// returns. The corresponding calls are fsync(2) and renameat(2).
    public func replaceFile(
        _ path: String, with content: [UInt8], mode: UInt32
    ) throws(SystemCallError) {
        try refuseAbsolute(path, "openat2")
        let made = path + ".new"
        // What an earlier attempt left is not looked at.
        do { try removeFile(made) } catch  where error.errno == .ENOENT {}
        let file = try open(made, at: number, [.writeOnly, .create, .exclusive], mode: mode)
        do {
            try file.writeAll(content)
            try file.synchronize()
            try rename(made, to: path)
        } catch {
            // Nobody knows this name.
            try? removeFile(made)
            throw error
        }
        try synchronizeNames(beside: path)
    }

    /// Makes lasting which names are in the directory that holds `path`: a power cut after it returns
    /// brings back none that was removed, and loses none that was made. The corresponding call is
    /// fsync(2).
    public func synchronizeNames(beside path: String) throws(SystemCallError) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let parent = slash.map { String(path[..<$0]) } ?? "."
        try open(parent, at: number, [.directory]).synchronize()
    }

    private func refuseAbsolute(_ path: String, _ call: String) throws(SystemCallError) {
        if path.utf8.first == UInt8(ascii: "/") { throw SystemCallError(call, on: path, .EXDEV) }
    }
}

/// Where a symbolic link points. The corresponding call is readlinkat(2).
public func linkTarget(
    _ path: String, at directory: CInt = currentDirectory
) throws(SystemCallError) -> String {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let size = buffer.count
    let count = try checked("readlinkat", on: path) {
        bh_readlinkat(directory, path, &buffer, size)
    }
    if count == size { throw SystemCallError("readlinkat", on: path, .ENAMETOOLONG) }
    return String(decoding: buffer.prefix(Int(count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Reads a small file of the host.
public func readFile(_ path: String, limit: Int = 1 << 20) throws(SystemCallError) -> String {
    let file = try open(path)
    return String(decoding: try file.readAll(limit: limit), as: UTF8.self)
}
