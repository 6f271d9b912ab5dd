internal import CLinux

/// What a project id has used of a file system, and what it may use: quotactl_fd(2).
public struct QuotaReading: Hashable, Sendable {
    public var bytes: UInt64
    /// Nil: not limited.
    public var bytesMax: UInt64?
    public var inodes: UInt64
    public var inodesMax: UInt64?
}

extension FileDescriptor {
    /// What this project id has used of the file system of this file. The corresponding call is
    /// quotactl_fd(2), `Q_GETQUOTA`.
    public func quota(ofProject id: UInt32) throws(SystemCallError) -> QuotaReading {
        var found = bh_quota()
        try checked("quotactl_fd Q_GETQUOTA", on: "project id \(id)") {
            bh_quota_get(number, id, &found)
        }
        return QuotaReading(
            bytes: found.bytes, bytesMax: found.bytes_max == 0 ? nil : found.bytes_max,
            inodes: found.inodes, inodesMax: found.inodes_max == 0 ? nil : found.inodes_max)
    }

    /// Sets hard limits; nil: none. Bytes are rounded down to the kernel's kibibytes. The corresponding
    /// call is quotactl_fd(2), `Q_SETQUOTA`.
    public func setQuota(
        ofProject id: UInt32, bytes: UInt64?, inodes: UInt64?
    ) throws(SystemCallError) {
        try checked("quotactl_fd Q_SETQUOTA", on: "project id \(id)") {
            bh_quota_set(number, id, bytes ?? 0, inodes ?? 0)
        }
    }

    /// Whether limits of projects are enforced on the file system of this file. The corresponding call
    /// is quotactl_fd(2), `Q_XGETQSTATV`.
    public func enforcesProjectQuota() throws(SystemCallError) -> Bool {
        do {
            return try checked("quotactl_fd", on: "descriptor \(number)") {
                bh_quota_enforced(number)
            } == 1
        } catch {
            switch error.errno {
            // No quota in this kernel, in this file system, or on this mount.
            case .ENOSYS, .ESRCH, .EINVAL, .ENODEV, .EOPNOTSUPP, .ENOTTY: return false
            default: throw error
            }
        }
    }

    /// The project id that this file counts for, 0: none; and whether what is made in this directory
    /// gets the same. The corresponding call is ioctl_xfs_fsgetxattr(2).
    public func projectID() throws(SystemCallError) -> (id: UInt32, isInherited: Bool) {
        var id: UInt32 = 0
        var inherited: Int32 = 0
        try checked("ioctl FS_IOC_FSGETXATTR", on: "descriptor \(number)") {
            bh_project_get(number, &id, &inherited)
        }
        return (id, inherited != 0)
    }

    /// - Parameter isInherited: for a directory.
    public func setProjectID(_ id: UInt32, isInherited: Bool) throws(SystemCallError) {
        try checked("ioctl FS_IOC_FSSETXATTR", on: "project id \(id)") {
            bh_project_set(number, id, isInherited ? 1 : 0)
        }
    }

    /// How full the file system of this file is. The corresponding call is fstatfs(2).
    public func space() throws(SystemCallError) -> FileSystemSpace {
        var found = bh_space()
        try checked("fstatfs", on: "descriptor \(number)") { bh_space(number, &found) }
        return FileSystemSpace(
            size: found.block_size &* found.blocks, free: found.block_size &* found.blocks_free,
            available: found.block_size &* found.blocks_available, inodes: found.inodes,
            inodesFree: found.inodes_free)
    }

    /// Bytes that this file takes up, holes left out. The corresponding call is fstat(2).
    public func allocatedBytes() throws(SystemCallError) -> UInt64 {
        UInt64(try checked("fstat", on: "descriptor \(number)") { bh_allocated(number) })
    }

    /// The corresponding call is ftruncate(2).
    public func truncate(to size: UInt64) throws(SystemCallError) {
        let length = Int64(clamping: size)
        try checked("ftruncate", on: "descriptor \(number)") { bh_ftruncate(number, length) }
    }
}

/// What statfs(2) tells of a file system, in bytes and counts.
public struct FileSystemSpace: Hashable, Sendable {
    public let size: UInt64
    public let free: UInt64
    /// For others than root.
    public let available: UInt64
    public let inodes: UInt64
    public let inodesFree: UInt64
}
