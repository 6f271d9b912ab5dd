internal import Plan

/// A set of numbers that are next to each other for the most part.
struct Spans {
    /// In order, with a number between any two that is in none.
    private(set) var spans: [ClosedRange<UInt64>] = []
    /// How often a number came that was there already.
    private(set) var repeated = 0

    /// Nobody makes so many holes but by writing them; beyond, numbers are not remembered.
    static let spansMax = 100_000

    mutating func insert(_ number: UInt64) {
        if number == .max { return }
        if let last = spans.last, last.upperBound + 1 == number {
            spans[spans.count - 1] = last.lowerBound...number
            return
        }
        // The first span that ends at the number before, or later.
        let low = spans.lowerBound { $0.upperBound + 1 < number }
        guard low < spans.count, spans[low].lowerBound <= number + 1 else {
            if spans.count < Self.spansMax { spans.insert(number...number, at: low) }
            return
        }
        let span = spans[low]
        if span.contains(number) {
            repeated += 1
            return
        }
        let joined = min(span.lowerBound, number)...max(span.upperBound, number)
        if low + 1 < spans.count, spans[low + 1].lowerBound == joined.upperBound + 1 {
            spans[low] = joined.lowerBound...spans[low + 1].upperBound
            spans.remove(at: low + 1)
        } else {
            spans[low] = joined
        }
    }

    /// What is missing between the first and the last.
    var gaps: [ClosedRange<UInt64>] {
        var gaps: [ClosedRange<UInt64>] = []
        for (one, next) in zip(spans, spans.dropFirst()) {
            gaps.append((one.upperBound + 1)...(next.lowerBound - 1))
        }
        return gaps
    }
}
