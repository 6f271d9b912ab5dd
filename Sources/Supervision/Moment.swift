/// A moment on a clock that never jumps, in microseconds: `CLOCK_MONOTONIC` in the supervisor, the
/// virtual clock in a simulation.
public struct Moment: Hashable, Comparable, Sendable {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    public static func < (left: Moment, right: Moment) -> Bool {
        left.microseconds < right.microseconds
    }
}
