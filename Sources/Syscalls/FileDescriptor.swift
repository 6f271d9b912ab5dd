internal import CLinux

/// An open file description that closes when it goes out of scope. Always close-on-exec.
public struct FileDescriptor: ~Copyable, Sendable {
    public let number: CInt

    /// Takes over a descriptor that nothing else closes.
    public init(owning number: CInt) { self.number = number }

    /// A copy of a descriptor that somebody else owns. The corresponding call is fcntl(2),
    /// `F_DUPFD_CLOEXEC`.
    public init(duplicating other: CInt) throws(SystemCallError) {
        number = CInt(
            try checked("fcntl F_DUPFD_CLOEXEC", on: "descriptor \(other)") {
                bh_fcntl(other, 1_030, 3)
            })
    }

    deinit {
        // A failed close has still released the descriptor, and of data loss a write has told.
        _ = bh_close(number)
    }

    /// Gives the descriptor away: from now on somebody else closes it.
    public consuming func release() -> CInt {
        let number = self.number
        discard self
        return number
    }
}

/// How a path is opened: open(2), openat2(2).
public struct OpenFlags: OptionSet, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let readOnly = OpenFlags([])
    public static let writeOnly = OpenFlags(rawValue: 0o1)
    public static let readWrite = OpenFlags(rawValue: 0o2)
    public static let create = OpenFlags(rawValue: 0o100)
    public static let exclusive = OpenFlags(rawValue: 0o200)
    public static let truncate = OpenFlags(rawValue: 0o1000)
    public static let append = OpenFlags(rawValue: 0o2000)
    public static let nonBlocking = OpenFlags(rawValue: 0o4000)
    public static let noControllingTerminal = OpenFlags(rawValue: 0o400)
    public static let directory = OpenFlags(rawValue: 0o200000)
    public static let noFollow = OpenFlags(rawValue: 0o400000)
    public static let path = OpenFlags(rawValue: 0o10000000)
    /// A file without a name, in the directory that is opened; it goes with its last descriptor.
    public static let unnamed = OpenFlags(rawValue: 0o20200000)
}

/// Where a path may lead: openat2(2).
public struct ResolveFlags: OptionSet, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static let noCrossDevice = ResolveFlags(rawValue: 0x01)
    public static let noMagicLinks = ResolveFlags(rawValue: 0x02)
    public static let noSymlinks = ResolveFlags(rawValue: 0x04)
    public static let beneath = ResolveFlags(rawValue: 0x08)
    public static let inRoot = ResolveFlags(rawValue: 0x10)
}

/// The current directory, where a directory descriptor is asked for.
public let currentDirectory: CInt = -100

/// Opens `path` below the directory with this descriptor number. The corresponding call is
/// openat2(2).
public func open(
    _ path: String, at directory: CInt = currentDirectory, _ flags: OpenFlags = .readOnly,
    mode: UInt32 = 0, resolve: ResolveFlags = []
) throws(SystemCallError) -> FileDescriptor {
    let number = try checked("openat2", on: path) {
        bh_openat2(directory, path, flags.rawValue, mode, resolve.rawValue)
    }
    return FileDescriptor(owning: CInt(number))
}

extension FileDescriptor {
    /// Reads at most `size` bytes; empty at the end of the file. The corresponding call is read(2).
    public func read(upTo size: Int) throws(SystemCallError) -> [UInt8] {
        try Syscalls.read(upTo: size, from: number)
    }

    /// Reads to the end of the file, refusing with `EFBIG` what is longer than `limit`.
    public func readAll(limit: Int) throws(SystemCallError) -> [UInt8] {
        var result: [UInt8] = []
        while true {
            let piece = try read(upTo: min(65_536, limit + 1))
            if piece.isEmpty { return result }
            result += piece
            if result.count > limit {
                throw SystemCallError("read", on: "descriptor \(number)", .EFBIG)
            }
        }
    }

    /// Writes all of `bytes`. The corresponding call is write(2).
    public func writeAll(_ bytes: some Collection<UInt8>) throws(SystemCallError) {
        try write(allOf: Array(bytes), to: number)
    }

    public func writeAll(_ text: String) throws(SystemCallError) {
        try write(allOf: Array(text.utf8), to: number)
    }

    /// Sets the offset to the end of the file and returns it. The corresponding call is lseek(2).
    @discardableResult
    public func seekToEnd() throws(SystemCallError) -> Int64 {
        try checked("lseek", on: "descriptor \(number)") { bh_lseek(number, 0, 2) }
    }

    /// Sets the offset to the start of the file. The corresponding call is lseek(2).
    public func seekToStart() throws(SystemCallError) {
        try checked("lseek", on: "descriptor \(number)") { bh_lseek(number, 0, 0) }
    }

    /// From the last byte on; `EINVAL` where there is none. The corresponding call is lseek(2).
    public func seekToLastByte() throws(SystemCallError) {
        _ = try checked("lseek", on: "descriptor \(number)") { bh_lseek(number, -1, 2) }
    }

    /// Waits until what was written is on the disk; for a directory, its names. The corresponding
    /// call is fsync(2).
    public func synchronize() throws(SystemCallError) {
        try checked("fsync", on: "descriptor \(number)") { bh_fsync(number) }
    }

    /// What kind of file this is and whose. The corresponding call is statx(2).
    public func status() throws(SystemCallError) -> FileStatus {
        try FileStatus(at: number, path: "", flags: .emptyPath)
    }

    /// Gives the file to another owner; it may have been opened as a path only. The corresponding call is
    /// fchownat(2) with `AT_EMPTY_PATH`.
    public func setOwner(user: UInt32, group: UInt32) throws(SystemCallError) {
        try checked("fchownat", on: "descriptor \(number)") {
            bh_fchownat(number, "", user, group, 0x1000)
        }
    }

    /// The magic number of the file system. The corresponding call is statfs(2).
    public func fileSystemType() throws(SystemCallError) -> UInt32 {
        UInt32(try checked("fstatfs", on: "descriptor \(number)") { bh_file_system_type(number) })
    }

    /// Takes an exclusive lock on the file that lives as long as this open file description; false
    /// where another holds one. The corresponding call is flock(2).
    public func lock() throws(SystemCallError) -> Bool {
        do {
            try checked("flock", on: "descriptor \(number)") { bh_flock(number) }
            return true
        } catch  where error.errno == .EAGAIN { return false }
    }

    /// Takes a write lock on the byte at `offset` that lives as long as this open file
    /// description; false where another holds it. The corresponding call is
    /// fcntl(2), `F_OFD_SETLK`.
    public func lockByte(at offset: Int64) throws(SystemCallError) -> Bool {
        do {
            try checked("fcntl F_OFD_SETLK", on: "byte \(offset)") { bh_lock_byte(number, offset) }
            return true
        } catch  where error.errno == .EAGAIN || error.errno == .EACCES {
            return false
        }
    }

    /// Takes a write lock on the byte at `offset` that lives until this process closes any descriptor of
    /// the file, or ends; false where another process has it. The corresponding call is fcntl(2), `F_SETLK`.
    public func lockOwnByte(at offset: Int64) throws(SystemCallError) -> Bool {
        do {
            try checked("fcntl F_SETLK", on: "byte \(offset)") { bh_lock_own_byte(number, offset) }
            return true
        } catch  where error.errno == .EAGAIN || error.errno == .EACCES {
            return false
        }
    }

    /// The process that has taken the byte with `lockOwnByte`, nil where none has. The corresponding call
    /// is fcntl(2), `F_GETLK`.
    public func lockHolder(ofByteAt offset: Int64) throws(SystemCallError) -> Int32? {
        let holder = try checked("fcntl F_GETLK", on: "byte \(offset)") {
            bh_lock_holder(number, offset)
        }
        return holder == 0 ? nil : Int32(clamping: holder)
    }
}

/// Reads at most `size` bytes; empty at the end of the file. The corresponding call is read(2).
public func read(upTo size: Int, from number: CInt) throws(SystemCallError) -> [UInt8] {
    var failure: SystemCallError?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        do throws(SystemCallError) {
            let base = buffer.baseAddress
            count = Int(
                try checked("read", on: "descriptor \(number)") { bh_read(number, base, size) })
        } catch {
            failure = error
            count = 0
        }
    }
    if let failure { throw failure }
    return bytes
}

/// Reads at most as much as there is room for into memory that is somebody else's; 0 at the end of the
/// file. The corresponding call is read(2).
public func read(
    into room: UnsafeMutableRawBufferPointer, from number: CInt
) throws(SystemCallError) -> Int {
    Int(
        try checked("read", on: "descriptor \(number)") {
            bh_read(number, room.baseAddress, room.count)
        })
}

/// Writes all of `bytes` to a descriptor that somebody else owns. The corresponding call is
/// write(2).
public func write(allOf bytes: [UInt8], to number: CInt) throws(SystemCallError) {
    var written = 0
    while written < bytes.count {
        // The call in the closure: an interrupted one is made again.
        let count = try checked("write", on: "descriptor \(number)") {
            bytes.withUnsafeBytes { buffer in
                bh_write(number, buffer.baseAddress! + written, bytes.count - written)
            }
        }
        written += Int(count)
    }
}

/// Writes as many of `bytes` as there is room for and tells how many; `EAGAIN` where there is none.
/// The corresponding call is write(2), on a descriptor that does not block.
public func write(someOf bytes: [UInt8], to number: CInt) throws(SystemCallError) -> Int {
    Int(try checked("write", on: "descriptor \(number)") { bh_write(number, bytes, bytes.count) })
}

/// Lets no call on this descriptor wait. It is set on the open file description, so for everybody who
/// has it. The corresponding call is fcntl(2), `F_SETFL`.
public func setNonBlocking(_ number: CInt) throws(SystemCallError) {
    // F_GETFL, F_SETFL
    let flags = try checked("fcntl", on: "descriptor \(number)") { bh_fcntl(number, 3, 0) }
    try checked("fcntl", on: "descriptor \(number)") {
        bh_fcntl(number, 4, UInt64(flags) | OpenFlags.nonBlocking.rawValue)
    }
}

/// A pipe, both ends close-on-exec. The corresponding call is pipe2(2).
public func pipe(nonBlocking: Bool = false) throws(SystemCallError) -> Pipe {
    var pair: [CInt] = [-1, -1]
    try checked("pipe2", on: "a new pipe") { bh_pipe2(&pair, nonBlocking ? 0o4000 : 0) }
    return Pipe(read: FileDescriptor(owning: pair[0]), write: FileDescriptor(owning: pair[1]))
}

public struct Pipe: ~Copyable, Sendable {
    public let read: FileDescriptor
    public let write: FileDescriptor

    /// Hands both ends to an owner each.
    public consuming func split() -> (CInt, CInt) { (read.release(), write.release()) }
}

/// An anonymous file in memory holding `bytes`, its offset at the start. The corresponding call is
/// memfd_create(2).
public func memoryFile(
    _ name: String, containing bytes: [UInt8]
) throws(SystemCallError) -> FileDescriptor {
    let number = try checked("memfd_create", on: name) { bh_memfd_create(name, 1) }
    let file = FileDescriptor(owning: CInt(number))
    try file.writeAll(bytes)
    _ = try checked("lseek", on: name) { bh_lseek(file.number, 0, 0) }
    return file
}
