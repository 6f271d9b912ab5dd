internal import CLinux

/// What is done to a file or directory of a tree that is open: by its descriptor, whatever became of its
/// name.
extension FileDescriptor {
    public func nodeStatus() throws(SystemCallError) -> NodeStatus {
        try NodeStatus(at: number, nil)
    }

    /// The corresponding call is fchmod(2).
    public func setPermissions(_ mode: UInt32) throws(SystemCallError) {
        try checked("fchmod", on: "descriptor \(number)") { bh_fchmod(number, mode) }
    }

    /// Nanoseconds since the epoch. The corresponding call is futimens(3).
    public func setTimes(accessed: Int64, modified: Int64) throws(SystemCallError) {
        try checked("futimens", on: "descriptor \(number)") {
            bh_set_times(number, "", accessed, modified)
        }
    }

    /// Writes back all that the file system of this file holds. The corresponding call is syncfs(2).
    public func synchronizeFileSystem() throws(SystemCallError) {
        try checked("syncfs", on: "descriptor \(number)") { bh_syncfs(number) }
    }

    /// Writes back all that the file system holds, and lets nobody change it until it is thawed, also when
    /// this process dies. The corresponding call is ioctl(2), `FIFREEZE`.
    public func freezeFileSystem() throws(SystemCallError) {
        try checked("FIFREEZE", on: "descriptor \(number)") { bh_freeze_file_system(number) }
    }

    /// `EINVAL` where it is not frozen. The corresponding call is ioctl(2), `FITHAW`.
    public func thawFileSystem() throws(SystemCallError) {
        try checked("FITHAW", on: "descriptor \(number)") { bh_thaw_file_system(number) }
    }

    // MARK: Extended attributes

    /// XATTR_LIST_MAX and XATTR_SIZE_MAX of linux/limits.h.
    private static var attributeBytesMax: Int { 65_536 }

    /// Names of extended attributes, sorted; none where the file system has none. The corresponding call
    /// is flistxattr(2).
    public func attributeNames() throws(SystemCallError) -> [String] {
        var buffer = [CChar](repeating: 0, count: Self.attributeBytesMax)
        let size = buffer.count
        let count: Int64
        do throws(SystemCallError) {
            count = try checked("flistxattr", on: "descriptor \(number)") {
                bh_flistxattr(number, &buffer, size)
            }
        } catch  where error.errno == .EOPNOTSUPP { return [] }
        return buffer.prefix(Int(count)).split(separator: 0).map {
            String(decoding: $0.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }.sorted()
    }

    /// Nil where there is none of the name. The corresponding call is fgetxattr(2).
    public func attribute(_ name: String) throws(SystemCallError) -> [UInt8]? {
        var failure: SystemCallError?
        let value = [UInt8](unsafeUninitializedCapacity: Self.attributeBytesMax) { buffer, count in
            do throws(SystemCallError) {
                let base = buffer.baseAddress
                count = Int(
                    try checked("fgetxattr", on: name) {
                        bh_fgetxattr(number, name, base, Self.attributeBytesMax)
                    })
            } catch {
                failure = error
                count = 0
            }
        }
        guard let failure else { return value }
        // ENODATA of errno.h, and a file system without attributes.
        if failure.errno.rawValue == 61 || failure.errno == .EOPNOTSUPP { return nil }
        throw failure
    }

    /// The corresponding call is fsetxattr(2).
    public func setAttribute(_ name: String, _ value: [UInt8]) throws(SystemCallError) {
        try checked("fsetxattr", on: name) {
            value.withUnsafeBytes { bh_fsetxattr(number, name, $0.baseAddress, $0.count) }
        }
    }

    /// What is not there is no failure. The corresponding call is fremovexattr(2).
    public func removeAttribute(_ name: String) throws(SystemCallError) {
        do throws(SystemCallError) {
            try checked("fremovexattr", on: name) { bh_fremovexattr(number, name) }
        } catch  where error.errno.rawValue == 61 || error.errno == .EOPNOTSUPP {}
    }

    // MARK: Content

    /// Fills this new, empty file with the content of another: shared blocks where the file system can, else
    /// a copy in which holes stay holes. `pause` is called about every mebibyte and may give up.
    ///
    /// The corresponding calls are ioctl_ficlone(2), lseek(2), pread(2) and pwrite(2).
    public func copyContent<Failure: Error>(
        of source: borrowing FileDescriptor, size: UInt64,
        pause: () throws(Failure) -> Void, failing: (SystemCallError) -> Failure
    ) throws(Failure) {
        let from = source.number
        do throws(SystemCallError) {
            try checked("FICLONE", on: "descriptor \(number)") { bh_clone_file(number, from) }
            return
        } catch {
            // Other file systems, or another one: a copy then.
        }
        func attempt(_ body: () throws(SystemCallError) -> Int64) throws(Failure) -> Int64 {
            do throws(SystemCallError) { return try body() } catch { throw failing(error) }
        }
        let end = Int64(clamping: size)
        _ = try attempt { () throws(SystemCallError) in
            try checked("ftruncate", on: "descriptor \(number)") { bh_ftruncate(number, end) }
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var position: Int64 = 0
        while position < end {
            let begin = bh_seek_data(from, position)
            // ENXIO: nothing but a hole up to the end. Any other error: no such search here.
            if begin == -6 { return }
            let first = begin < 0 ? position : begin
            let hole = begin < 0 ? end : bh_seek_hole(from, first)
            let last = hole < 0 ? end : min(hole, end)
            position = first
            while position < last {
                let wanted = Int(min(Int64(buffer.count), last - position))
                let at = position
                let count = Int(
                    try attempt { () throws(SystemCallError) in
                        try checked("pread", on: "descriptor \(from)") {
                            bh_pread(from, &buffer, wanted, at)
                        }
                    })
                // It was cut short meanwhile.
                if count == 0 { return }
                var written = 0
                while written < count {
                    let offset = written
                    written += Int(
                        try attempt { () throws(SystemCallError) in
                            try checked("pwrite", on: "descriptor \(number)") {
                                buffer.withUnsafeBytes {
                                    bh_pwrite(
                                        number, $0.baseAddress! + offset, count - offset,
                                        at + Int64(offset))
                                }
                            }
                        })
                }
                position += Int64(count)
                try pause()
            }
        }
    }

    /// Reads at a place without moving the offset. The corresponding call is pread(2).
    public func read(
        into buffer: inout [UInt8], at offset: Int64
    ) throws(SystemCallError) -> Int {
        let size = buffer.count
        return Int(
            try checked("pread", on: "descriptor \(number)") {
                bh_pread(number, &buffer, size, offset)
            })
    }
}
