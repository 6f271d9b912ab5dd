/// The candidate that `word` was most likely meant to be: one that it is the beginning of, or the one
/// with the fewest slips of typing between them; nil where none is near.
public func nearest(to word: String, in candidates: [String]) -> String? {
    // Longer words are not slips, and the table below grows with the length.
    let letters = Array(word.utf8)
    if letters.isEmpty || letters.count > 64 { return nil }
    let prefixed = candidates.filter { $0.utf8.starts(with: letters) }
    if letters.count >= 3, let shortest = prefixed.min(by: { $0.utf8.count < $1.utf8.count }) {
        return shortest
    }
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
        let distance = slips(from: letters, to: Array(candidate.utf8))
        if distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    // One slip in three letters still looks like the word.
    guard let best, best.distance <= max(1, letters.count / 3) else { return nil }
    return best.candidate
}

/// The Damerau-Levenshtein distance (optimal string alignment): how many insertions, deletions,
/// substitutions and swaps of neighbours lead from one word to the other.
func slips(from left: [UInt8], to right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, letter) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            var cost = min(
                last[column + 1] + 1, current[column] + 1, last[column] + (letter == other ? 0 : 1))
            if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        (beforeLast, last) = (last, current)
    }
    return last[right.count]
}
