/// How many records are written of what anybody can cause as often as they like: of each user some in an
/// interval, of all of them together some more, and the rest is a number.
public struct RecordLimiter: Sendable {
    /// What is told later, at once.
    public struct Rest: Hashable, Sendable {
        public let count: UInt64
        /// What the last of them was about.
        public let text: String
    }

    /// Microseconds.
    public static let interval: Int64 = 10_000_000

    private let perUserMax: Int
    private let totalMax: Int
    /// When the interval ends that the counts are of.
    private var end: Int64?
    private var countOfUser: [UInt32: Int] = [:]
    private var total = 0
    private var left: Rest?

    public init(perUserMax: Int, totalMax: Int) {
        self.perUserMax = perUserMax
        self.totalMax = totalMax
    }

    /// When `takeRest` has something to say; nil: never, as it is.
    public var due: Int64? { left == nil ? nil : end }

    /// Whether a record is to be written now; if not it is counted. An interval that is over begins anew,
    /// with what was counted in it.
    ///
    /// - Parameter now: of any clock that never goes back, in microseconds.
    public mutating func admit(_ user: UInt32, _ text: String, at now: Int64) -> Bool {
        if let end, now >= end { begin() }
        if end == nil { end = now + Self.interval }
        let count = countOfUser[user, default: 0]
        if count >= perUserMax || total >= totalMax {
            left = Rest(count: (left?.count ?? 0) &+ 1, text: text)
            return false
        }
        countOfUser[user] = count + 1
        total += 1
        return true
    }

    /// What was counted in an interval that is over; nil: nothing.
    public mutating func takeRest(at now: Int64) -> Rest? {
        guard let end, now >= end else { return nil }
        begin()
        defer { left = nil }
        return left
    }

    private mutating func begin() {
        end = nil
        countOfUser = [:]
        total = 0
    }
}
