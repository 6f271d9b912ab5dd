/// An amount of memory or storage, in bytes.
public struct Bytes: Hashable, Comparable, Sendable {
    public var count: UInt64

    public init(_ count: UInt64) { self.count = count }

    public static func kibibytes(_ count: UInt64) -> Bytes { Bytes(count << 10) }
    public static func mebibytes(_ count: UInt64) -> Bytes { Bytes(count << 20) }
    public static func gibibytes(_ count: UInt64) -> Bytes { Bytes(count << 30) }

    public static func < (left: Bytes, right: Bytes) -> Bool { left.count < right.count }
}
