/// 65,536 user and group ids of the host that belong to one sandbox: user_namespaces(7).
///
/// Users 0 to 65,535 inside are `base` to `base + 65535` outside. The ranges lie above those that
/// systemd hands out and below 2³¹, where some programs take an id for negative
/// (systemd, UIDS-GIDS.md).
public struct IDRange: Hashable, Sendable {
    public let base: UInt32

    public static let count: UInt32 = 65_536

    /// The ranges that there are: 0x7000_0000 up to and without 0x7FFE_0000, where systemd's
    /// "foreign" range begins.
    public static let indices: Range<UInt32> = 0..<4_094

    /// Users of the host that only sandboxes have.
    public static let allUsers: ClosedRange<UInt32> =
        IDRange(index: indices.lowerBound)
        .base...IDRange(index: indices.upperBound - 1).host(count - 1)

    public init(index: UInt32) { base = 0x7000_0000 + index * IDRange.count }

    /// The range that begins with this id of the host; nil where none does.
    public init?(base: UInt32) {
        if base < 0x7000_0000 || base % IDRange.count != 0 { return nil }
        if !IDRange.indices.contains((base - 0x7000_0000) / IDRange.count) { return nil }
        self.base = base
    }

    /// The line of uid_map that maps all of it: user_namespaces(7).
    public var mapLine: String { "0 \(base) \(IDRange.count)\n" }

    /// The host's id of a user or group inside.
    public func host(_ inside: UInt32) -> UInt32 { base + inside }
}

/// The id maps of a user namespace.
public enum IDMap: Hashable, Sendable {
    /// All ids of a range, from 0 on.
    case range(IDRange)
    /// For an idmapped mount: a file of this owner on disk counts as owned by these ids of the host.
    case single(user: UInt32, group: UInt32, shownAsUser: UInt32, shownAsGroup: UInt32)
}
