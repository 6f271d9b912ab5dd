/// Lines that the runs of one sandbox together may log: a bucket of tokens, a line each.
public struct LogBudget: Equatable, Sendable {
    /// Tokens that come in a second.
    public let linesPerSecond: UInt32
    /// Tokens that the bucket holds.
    public let burst: UInt32

    /// A million lines a second are more than init can read.
    static let limits: ClosedRange<UInt32> = 1...1_000_000

    /// Nil where a number is 0 or more than a million.
    public init?(linesPerSecond: UInt32, burst: UInt32) {
        guard Self.limits.contains(linesPerSecond), Self.limits.contains(burst) else { return nil }
        self.linesPerSecond = linesPerSecond
        self.burst = burst
    }
}
