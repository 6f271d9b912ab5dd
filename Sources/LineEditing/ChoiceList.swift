internal import Plan
internal import Syscalls

/// Prints words in columns below the line that is being edited, as many lines as are worth reading.
func printBelow(_ words: [String]) {
    let width = Int(windowSize(1)?.columns ?? 80)
    let shown = words.prefix(wordsMax).map(printable)
    let column = (shown.map(\.utf8.count).max() ?? 0) + 2
    let perLine = max(1, width / column)
    var text = "\n"
    for (index, word) in shown.enumerated() {
        text += word
        let isLast = index + 1 == shown.count
        if (index + 1) % perLine == 0 || isLast {
            text += "\n"
        } else {
            text += String(repeating: " ", count: max(0, column - word.utf8.count))
        }
    }
    if words.count > wordsMax { text += "and \(words.count - wordsMax) more\n" }
    // A terminal that takes no more has nobody who could read it.
    try? write(allOf: Array(text.utf8), to: 1)
}

/// Some twenty lines.
private let wordsMax = 120
