/// The candidate that somebody who wrote `word` most likely meant: the one with the fewest letters
/// to insert, delete or replace, at most a third of them; nil where none is near.
func closest(to word: String, among candidates: some Sequence<String>) -> String? {
    let letters = Array(word.utf8.prefix(wordLengthMax))
    var best: (word: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(letters, Array(candidate.utf8.prefix(wordLengthMax)))
        if distance <= max(1, letters.count / 3), distance < best?.distance ?? .max {
            best = (candidate, distance)
        }
    }
    return best?.word
}

/// Levenshtein's distance: row by row over the matrix of prefixes.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var previous = Array(0...right.count)
    for (row, letter) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            current.append(
                min(
                    previous[column + 1] + 1, current[column] + 1,
                    previous[column] + (letter == other ? 0 : 1)))
        }
        previous = current
    }
    return previous[right.count]
}

/// No call or profile has a longer name; keeps the time bounded for any input.
private let wordLengthMax = 64
