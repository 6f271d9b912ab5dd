public import Plan

extension Moment {
    /// `span` later; spans above `Milliseconds.most` count as that.
    public static func + (moment: Moment, span: Milliseconds) -> Moment {
        // 1,000 days in microseconds are 2^46.3, so a clock would have to run for 280,000 years.
        Moment(
            microseconds: moment.microseconds
                &+ Int64(min(span.count, Milliseconds.most.count)) &* 1_000)
    }
}

/// The earlier of two moments, where nil means never.
func earlier(_ left: Moment?, _ right: Moment?) -> Moment? {
    guard let left else { return right }
    guard let right else { return left }
    return min(left, right)
}
