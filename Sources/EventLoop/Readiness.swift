/// What happened on a descriptor: epoll_ctl(2).
public struct Readiness: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let readable = Readiness(rawValue: 0x1)
    public static let urgent = Readiness(rawValue: 0x2)
    public static let writable = Readiness(rawValue: 0x4)
    /// Told whether asked for or not.
    public static let failed = Readiness(rawValue: 0x8)
    /// Told whether asked for or not.
    public static let hungUp = Readiness(rawValue: 0x10)
    /// The other side will send no more.
    public static let inputEnded = Readiness(rawValue: 0x2000)
}
