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

    public var isSpaceShort: Bool { hasBytes(percent: 98) }
    public var areInodesShort: Bool { hasInodes(percent: 98) }

    /// Whether so many percent are used.
    public func hasBytes(percent: UInt64) -> Bool { Self.isFull(bytes, bytesMax, percent) }
    public func hasInodes(percent: UInt64) -> Bool { Self.isFull(inodes, inodesMax, percent) }

    private static func isFull(_ used: UInt64, _ max: UInt64?, _ percent: UInt64) -> Bool {
        guard let max, max > 0 else { return false }
        return used >= max / 100 * percent
    }
}
