internal import CLinux

/// What statx(2) tells of a file.
public struct FileStatus: Hashable, Sendable {
    public enum Kind: Sendable {
        case fifo, characterDevice, directory, blockDevice, regular, symbolicLink, socket, unknown

        /// From `st_mode`: inode(7).
        init(mode: UInt32) {
            self =
                switch mode & 0o170000 {
                case 0o010000: .fifo
                case 0o020000: .characterDevice
                case 0o040000: .directory
                case 0o060000: .blockDevice
                case 0o100000: .regular
                case 0o120000: .symbolicLink
                case 0o140000: .socket
                default: .unknown
                }
        }
    }

    public let kind: Kind
    /// Permission bits with set-user-id, set-group-id and sticky.
    public let permissions: UInt32
    public let user: UInt32
    public let group: UInt32
    public let inode: UInt64
    /// Number of the file system's device, as the C library packs it, and its two parts.
    public let device: UInt64
    public let deviceMajor: UInt32
    public let deviceMinor: UInt32
    /// Numbers of the device that a device node stands for.
    public let nodeMajor: UInt32
    public let nodeMinor: UInt32
    public let size: UInt64
    /// Since the epoch, in nanoseconds.
    public let modified: Int64
    public let changed: Int64

    public struct Flags: OptionSet, Sendable {
        public let rawValue: CInt
        public init(rawValue: CInt) { self.rawValue = rawValue }
        public static let noFollow = Flags(rawValue: 0x100)
        public static let emptyPath = Flags(rawValue: 0x1000)
    }

    /// The corresponding call is statx(2).
    public init(
        at directory: CInt = currentDirectory, path: String, flags: Flags = []
    ) throws(SystemCallError) {
        var found = bh_stat()
        try checked("statx", on: path.isEmpty ? "descriptor \(directory)" : path) {
            bh_fstatat(directory, path, flags.rawValue, &found)
        }
        kind = FileStatus.Kind(mode: found.mode)
        permissions = found.mode & 0o7777
        user = found.user
        group = found.group
        inode = found.inode
        device = found.device
        deviceMajor = found.device_major
        deviceMinor = found.device_minor
        nodeMajor = found.node_major
        nodeMinor = found.node_minor
        size = found.size
        modified = found.modified_ns
        changed = found.changed_ns
    }
}
