internal import Plan

/// `text` so that it stands in a cell of a table as it is, whatever it is: no mark-up, no link, no other
/// cell, no other line; cut after `limit` characters. GitHub Flavored Markdown, 6.1 and 6.9.
func markdown(_ text: String, limit: Int = 120) -> String {
    var result = ""
    var before: Unicode.Scalar = " "
    let scalars = Array(printable(text).unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
        if index == limit { return result + "…" }
        let after: Unicode.Scalar = index + 1 < scalars.count ? scalars[index + 1] : " "
        switch scalar {
        case "\\", "`", "*", "[", "]", "<", ">", "|", "~", "&", "#", "$", "@": result += "\\"
        // Within a word it is no mark-up: 6.2.
        case "_" where !(isOfWord(before) && isOfWord(after)): result += "\\"
        // Of what a renderer makes a link or a picture without being asked: https://…, mailto:…, :smile:,
        // www.…
        case ":" where after != " ": result += "\\"
        case "." where before == "w" || before == "W": result += "\\"
        default: break
        }
        result.unicodeScalars.append(scalar)
        before = scalar
    }
    return result
}

private func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9": true
    default: false
    }
}

/// A table, or a line that says that there is nothing for it.
func markdownTable(_ titles: [String], _ rows: [[String]], more: Int = 0) -> String {
    if rows.isEmpty { return "None.\n" }
    var text = "| " + titles.joined(separator: " | ") + " |\n"
    text += "|" + titles.map { _ in "---|" }.joined() + "\n"
    for row in rows { text += "| " + row.joined(separator: " | ") + " |\n" }
    if more > 0 { text += "\n… and \(more) more.\n" }
    return text
}
