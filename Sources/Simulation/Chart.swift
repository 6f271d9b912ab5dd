/// A series as bars of text, no wider than a terminal of 80 columns.
struct Chart {
    /// What is drawn: the lower part of each bar full, the upper part light.
    struct Column {
        var lower: Double
        var upper: Double
    }

    static let width = 68

    let title: String
    /// What the top stands for, as a label of at most eight letters.
    let topLabel: String
    let top: Double
    /// Milliseconds, of the last column.
    let end: Int64
    /// Lines.
    var height = 8

    /// - Parameter rows: oldest first; several become one column, by their mean.
    func drawn(_ rows: [Column]) -> String {
        let columns = Self.gathered(rows)
        var text = title + "\n"
        for line in stride(from: height, to: 0, by: -1) {
            let label = line == height ? topLabel : ""
            text += String(repeating: " ", count: max(0, 9 - label.count)) + label + " │"
            var bar = ""
            for column in columns {
                bar += cell(column, line: line)
            }
            while bar.last == " " { bar.removeLast() }
            text += bar + "\n"
        }
        text += "        0 └" + String(repeating: "─", count: Self.width) + "\n"
        let right = clock(end)
        let gap = max(1, Self.width - 1 - right.utf8.count)
        return text + String(repeating: " ", count: 11) + "0"
            + String(repeating: " ", count: gap) + right + "\n"
    }

    private func cell(_ column: Column, line: Int) -> String {
        guard top > 0 else { return " " }
        let lower = column.lower / top * Double(height)
        let upper = max(lower, column.upper / top * Double(height))
        let floor = Double(line - 1)
        if lower >= floor + 1 { return "█" }
        if lower > floor {
            let eighths = Int(((lower - floor) * 8).rounded())
            if eighths > 0 { return ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"][eighths - 1] }
        }
        return upper > floor + 0.5 ? "░" : " "
    }

    private static func gathered(_ rows: [Column]) -> [Column] {
        (0..<width).map { index in
            let from = index * rows.count / width
            let to = max(from + 1, (index + 1) * rows.count / width)
            let part = rows[min(from, rows.count)..<min(to, rows.count)]
            if part.isEmpty { return Column(lower: 0, upper: 0) }
            var mean = Column(lower: 0, upper: 0)
            for row in part {
                mean.lower += row.lower / Double(part.count)
                mean.upper += row.upper / Double(part.count)
            }
            return mean
        }
    }
}

/// `26h40m`, `3m10s`, `1.5s`: the two largest units.
func clock(_ milliseconds: Int64) -> String {
    let seconds = milliseconds / 1_000
    if seconds >= 172_800, seconds % 3_600 == 0 {
        let hours = seconds % 86_400 / 3_600
        return "\(seconds / 86_400)d" + (hours > 0 ? "\(hours)h" : "")
    }
    if seconds >= 3_600 {
        let minutes = seconds % 3_600 / 60
        return "\(seconds / 3_600)h" + (minutes > 0 ? "\(minutes)m" : "")
    }
    if seconds >= 60 { return "\(seconds / 60)m" + (seconds % 60 > 0 ? "\(seconds % 60)s" : "") }
    return milliseconds % 1_000 == 0 ? "\(seconds)s" : "\(fixed(Double(milliseconds) / 1_000, 1))s"
}
