internal import CLinux

/// A name in a directory, byte for byte: it need not be UTF-8.
public struct DirectoryEntry: Hashable, Sendable {
    /// Ended by NUL.
    let bytes: [CChar]

    /// For people.
    public var name: String {
        String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension Directory {
    /// Every name but `.` and `..`, unsorted. The corresponding call is getdents64(2).
    public func entries() throws(SystemCallError) -> [DirectoryEntry] {
        var result: [DirectoryEntry] = []
        // A descriptor that is held longer may have been read before.
        try checked("lseek", on: "descriptor \(number)") { bh_lseek(number, 0, 0) }
        // Linux: struct linux_dirent64 is inode 8, offset 8, record length 2, type 1, name.
        var buffer = [UInt8](repeating: 0, count: 32_768)
        let dot = CChar(bitPattern: UInt8(ascii: "."))
        while true {
            let size = buffer.count
            let count = Int(
                try checked("getdents64", on: "descriptor \(number)") {
                    bh_getdents64(number, &buffer, size)
                })
            if count == 0 { return result }
            var offset = 0
            while offset < count {
                let length = Int(buffer[offset + 16]) | Int(buffer[offset + 17]) << 8
                let text = buffer[(offset + 19)..<(offset + length)].prefix { $0 != 0 }
                let bytes = text.map { CChar(bitPattern: $0) } + [0]
                if bytes != [dot, 0] && bytes != [dot, dot, 0] {
                    result.append(DirectoryEntry(bytes: bytes))
                }
                offset += length
            }
        }
    }

    /// Opens what has this name, wherever that is not outside the directory or on another file system:
    /// there it throws `ELOOP` for a symbolic link and `EXDEV`. The corresponding call is openat2(2).
    public func openEntry(
        _ entry: DirectoryEntry, _ flags: OpenFlags
    ) throws(SystemCallError) -> FileDescriptor {
        let resolve: ResolveFlags = [.beneath, .noSymlinks, .noCrossDevice]
        return FileDescriptor(
            owning: CInt(
                try checked("openat2", on: entry.name) {
                    bh_openat2(number, entry.bytes, flags.rawValue, 0, resolve.rawValue)
                }))
    }

    /// The corresponding call is unlinkat(2).
    public func remove(
        _ entry: DirectoryEntry, isDirectory: Bool
    ) throws(SystemCallError) {
        try checked("unlinkat", on: entry.name) {
            bh_unlinkat(number, entry.bytes, isDirectory ? 0x200 : 0)
        }
    }
}
