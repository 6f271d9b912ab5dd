internal import CLinux

/// What statx(2) tells of a file in a tree, and when it was made.
public struct NodeStatus: Hashable, Sendable {
    public let kind: FileStatus.Kind
    /// Permission bits with set-user-id, set-group-id and sticky.
    public let permissions: UInt32
    public let user: UInt32
    public let group: UInt32
    public let links: UInt32
    /// Of the device that a device node stands for.
    public let nodeMajor: UInt32
    public let nodeMinor: UInt32
    public let inode: UInt64
    public let device: UInt64
    public let size: UInt64
    /// What it takes on the disk, in bytes.
    public let allocated: UInt64
    /// Since the epoch, in nanoseconds.
    public let accessed: Int64
    public let modified: Int64
    public let changed: Int64
    /// Nil where the file system does not know.
    public let born: Int64?

    /// Of a name in a directory; of what is open there where it is nil. The corresponding call is
    /// statx(2), which follows no link here.
    init(at directory: CInt, _ name: FileName?) throws(SystemCallError) {
        var found = bh_node()
        try checked("statx", on: name?.text ?? "descriptor \(directory)") {
            guard let name else { return bh_node_status(directory, "", &found) }
            return name.withPointer { bh_node_status(directory, $0, &found) }
        }
        kind = FileStatus.Kind(mode: found.mode)
        permissions = found.mode & 0o7777
        user = found.user
        group = found.group
        links = found.links
        nodeMajor = found.node_major
        nodeMinor = found.node_minor
        inode = found.inode
        device = found.device
        size = found.size
        allocated = found.blocks * 512
        accessed = found.accessed_ns
        modified = found.modified_ns
        changed = found.changed_ns
        born = found.born_ns < 0 ? nil : found.born_ns
    }
}
