internal import CLinux

/// An open directory of a tree that others may write while it is walked: names are single components,
/// and no lookup follows a symbolic link, leaves the directory or crosses into another mount.
public final class TreeDirectory {
    public let descriptor: FileDescriptor

    private static let resolve: ResolveFlags = [
        .beneath, .noSymlinks, .noMagicLinks, .noCrossDevice,
    ]

    /// The top of a tree, whose own path is trusted.
    public init(
        opening path: String, resolve: ResolveFlags = .noMagicLinks
    ) throws(SystemCallError) {
        descriptor = try Syscalls.open(path, .directory, resolve: resolve)
    }

    /// One that is open already.
    public init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    var number: CInt { descriptor.number }

    /// The directory of this name in it.
    public func enter(_ name: FileName) throws(SystemCallError) -> TreeDirectory {
        TreeDirectory(try open(name, .directory))
    }

    /// Another description of the same directory, with an offset of its own.
    public func reopened() throws(SystemCallError) -> TreeDirectory {
        TreeDirectory(try Syscalls.open(".", at: number, .directory))
    }

    /// Opens what is there, without waiting for anybody; links are refused with `ELOOP`.
    public func open(
        _ name: FileName, _ flags: OpenFlags = .readOnly, mode: UInt32 = 0
    ) throws(SystemCallError) -> FileDescriptor {
        // What only names a file waits for nobody, and takes no flag about that: openat2(2).
        let all =
            flags.contains(.path)
            ? flags.union(.noFollow)
            : flags.union([.noFollow, .nonBlocking, .noControllingTerminal])
        let result = try checked("openat2", on: name.text) {
            name.withPointer {
                bh_openat2(number, $0, all.rawValue, mode, Self.resolve.rawValue)
            }
        }
        return FileDescriptor(owning: CInt(result))
    }

    /// The corresponding call is statx(2); nil where there is nothing of the name.
    public func status(_ name: FileName) throws(SystemCallError) -> NodeStatus? {
        do throws(SystemCallError) { return try NodeStatus(at: number, name) } catch
            where error.errno == .ENOENT
        { return nil }
    }

    public func status() throws(SystemCallError) -> NodeStatus { try NodeStatus(at: number, nil) }

    // MARK: Names

    /// Every name, sorted; `EFBIG` for more than `limit`. The corresponding call is getdents64(2).
    public func names(limit: Int) throws(SystemCallError) -> [FileName] {
        let result = try someNames(atMost: limit + 1)
        if result.count > limit {
            throw SystemCallError("getdents64", on: "descriptor \(number)", .EFBIG)
        }
        return result.sorted()
    }

    /// Some of the names; none where there is none.
    public func someNames(atMost limit: Int) throws(SystemCallError) -> [FileName] {
        var result: [FileName] = []
        try readNames(of: number) { bytes in
            // Nil for `.` and `..`.
            if let name = FileName(bytes) { result.append(name) }
            return result.count < limit
        }
        return result
    }

    // MARK: Changing

    /// The corresponding call is mkdirat(2).
    public func makeDirectory(_ name: FileName, mode: UInt32 = 0o700) throws(SystemCallError) {
        try checked("mkdirat", on: name.text) { name.withPointer { bh_mkdirat(number, $0, mode) } }
    }

    /// The corresponding call is symlinkat(2).
    public func makeSymbolicLink(_ name: FileName, to target: [UInt8]) throws(SystemCallError) {
        let terminated = target + [0]
        try checked("symlinkat", on: name.text) {
            name.withPointer { link in
                terminated.withUnsafeBytes {
                    bh_symlinkat($0.baseAddress!.assumingMemoryBound(to: CChar.self), number, link)
                }
            }
        }
    }

    /// The corresponding call is mkfifoat(3).
    public func makeFIFO(_ name: FileName, mode: UInt32) throws(SystemCallError) {
        try checked("mkfifoat", on: name.text) {
            name.withPointer { bh_mkfifoat(number, $0, mode) }
        }
    }

    /// The corresponding call is mknodat(2): a character device 0/0, which stands for what was removed
    /// below.
    public func makeWhiteout(_ name: FileName) throws(SystemCallError) {
        try checked("mknodat", on: name.text) {
            name.withPointer { bh_mknodat(number, $0, 0o020000, 0, 0) }
        }
    }

    /// The corresponding call is readlinkat(2).
    public func target(ofLink name: FileName) throws(SystemCallError) -> [UInt8] {
        // PATH_MAX of limits.h.
        var buffer = [CChar](repeating: 0, count: 4_096)
        let size = buffer.count
        let count = try checked("readlinkat", on: name.text) {
            name.withPointer { bh_readlinkat(number, $0, &buffer, size) }
        }
        return buffer.prefix(Int(count)).map(UInt8.init(bitPattern:))
    }

    /// The corresponding call is unlinkat(2); what is gone already is no failure.
    public func remove(_ name: FileName, isDirectory: Bool) throws(SystemCallError) {
        do throws(SystemCallError) {
            try checked("unlinkat", on: name.text) {
                name.withPointer { bh_unlinkat(number, $0, isDirectory ? 0x200 : 0) }
            }
        } catch  where error.errno == .ENOENT {}
    }

    public enum Renaming: UInt32, Sendable {
        case replacing = 0
        /// `EEXIST` where something is there.
        case new = 1
        case exchanging = 2
    }

    /// The corresponding call is renameat2(2).
    public func rename(
        _ from: FileName, to target: FileName, in other: TreeDirectory, _ renaming: Renaming
    ) throws(SystemCallError) {
        try checked("renameat2", on: target.text) {
            from.withPointer { source in
                target.withPointer {
                    bh_renameat2(number, source, other.number, $0, renaming.rawValue)
                }
            }
        }
    }

    /// Gives an open file this name too. The corresponding call is linkat(2).
    public func link(_ file: borrowing FileDescriptor, as name: FileName) throws(SystemCallError) {
        let number = file.number
        try checked("linkat", on: name.text) {
            name.withPointer { bh_link_open(number, self.number, $0) }
        }
    }

    /// Of the name itself, also of a link; the corresponding calls are fchownat(2) and utimensat(2).
    public func setOwner(_ name: FileName, user: UInt32, group: UInt32) throws(SystemCallError) {
        try checked("fchownat", on: name.text) {
            name.withPointer { bh_fchownat(number, $0, user, group, 0x100) }
        }
    }

    public func setTimes(
        _ name: FileName, accessed: Int64, modified: Int64
    ) throws(SystemCallError) {
        try checked("utimensat", on: name.text) {
            name.withPointer { bh_set_times(number, $0, accessed, modified) }
        }
    }
}
