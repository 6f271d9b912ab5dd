/// How many records are written of what anybody can cause as often as they like: of each user some in an
/// interval, of all of them together some more, and the rest are numbers, each of one user and one subject.
///
/// - Parameter Subject: what a record is about; there are few of them.
public struct RecordLimiter<Subject: Hashable & Sendable>: Sendable {
    /// What is told later, at once.
    public struct Rest: Hashable, Sendable {
        /// Of the last of them.
        public fileprivate(set) var user: UInt32
        /// There were more users and subjects than each have a number of their own.
        public let isOfSeveral: Bool
        public let subject: Subject
        public fileprivate(set) var count: UInt64
        /// What the last of them was about.
        public fileprivate(set) var text: String
    }

    public struct Verdict: Sendable {
        /// Whether a record is to be written now; if not it is counted.
        public let isRecorded: Bool
        /// What was counted in an interval that is over, to be told before that.
        public let rest: [Rest]
    }

    /// Microseconds.
    public static var interval: Int64 { 10_000_000 }

    private let perUserMax: Int
    private let totalMax: Int
    /// When the interval ends that the counts are of.
    private var end: Int64?
    private var countOfUser: [UInt32: Int] = [:]
    private var total = 0
    /// At most `totalMax`, and one more for each subject.
    private var left: [Rest] = []

    public init(perUserMax: Int, totalMax: Int) {
        self.perUserMax = perUserMax
        self.totalMax = totalMax
    }

    /// When `takeRest` has something to say; nil: never, as it is.
    public var due: Int64? { left.isEmpty ? nil : end }

    /// Whether a record is to be written now. An interval that is over ends with this, if nobody has asked
    /// since.
    ///
    /// - Parameters:
    ///   - text: what the record is about, in words.
    ///   - now: of any clock that never goes back, in microseconds.
    public mutating func admit(
        _ user: UInt32, _ subject: Subject, _ text: String, at now: Int64
    ) -> Verdict {
        let rest = takeRest(at: now)
        if end == nil { end = now + Self.interval }
        let count = countOfUser[user, default: 0]
        if count >= perUserMax || total >= totalMax {
            self.count(user, subject, text)
            return Verdict(isRecorded: false, rest: rest)
        }
        countOfUser[user] = count + 1
        total += 1
        return Verdict(isRecorded: true, rest: rest)
    }

    /// What was counted in an interval that is over.
    public mutating func takeRest(at now: Int64) -> [Rest] {
        guard let end, now >= end else { return [] }
        return takeAll()
    }

    /// What was counted, though its interval is not over: nobody will ask again.
    public mutating func takeAll() -> [Rest] {
        defer {
            end = nil
            countOfUser = [:]
            total = 0
            left = []
        }
        return left
    }

    private mutating func count(_ user: UInt32, _ subject: Subject, _ text: String) {
        var place = left.firstIndex {
            !$0.isOfSeveral && $0.user == user && $0.subject == subject
        }
        let isOfSeveral = place == nil && left.count >= totalMax
        if isOfSeveral { place = left.firstIndex { $0.isOfSeveral && $0.subject == subject } }
        guard let place else {
            left.append(
                Rest(
                    user: user, isOfSeveral: isOfSeveral, subject: subject, count: 1, text: text))
            return
        }
        left[place].user = user
        left[place].count &+= 1
        left[place].text = text
    }
}
