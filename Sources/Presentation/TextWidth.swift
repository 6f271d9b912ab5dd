/// How many columns of a terminal a text takes: nothing for a mark that combines, two for what East
/// Asian scripts and emoji have (Unicode Standard Annex 11). The text has no control characters.
func columns(of text: String) -> Int {
    // Nearly always.
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    var count = 0
    for scalar in text.unicodeScalars { count += columns(of: scalar) }
    return count
}

/// The longest beginning of `text` that takes at most `width` columns, its last one an ellipsis where
/// something was cut off.
func cut(_ text: String, to width: Int) -> String {
    if columns(of: text) <= width { return text }
    var result = String.UnicodeScalarView()
    var count = 0
    for scalar in text.unicodeScalars {
        count += columns(of: scalar)
        if count > width - 1 { break }
        result.append(scalar)
    }
    return String(result) + (width > 0 ? "…" : "")
}

private func columns(of scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    for range in wide where range.contains(scalar.value) { return 2 }
    return 1
}

/// Blocks whose characters are wide or full-width.
private let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
    0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
]
