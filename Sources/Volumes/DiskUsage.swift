/// How much of a volume is used. A maximum of nil: it has no limit of its own.
public struct DiskUsage: Hashable, Sendable {
    public var bytes: UInt64
    public var bytesMax: UInt64?
    public var inodes: UInt64
    public var inodesMax: UInt64?

    public init(bytes: UInt64, bytesMax: UInt64?, inodes: UInt64, inodesMax: UInt64?) {
        self.bytes = bytes
        self.bytesMax = bytesMax
        self.inodes = inodes
        self.inodesMax = inodesMax
    }
}
