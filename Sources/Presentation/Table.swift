/// Rows in columns as wide as what stands in them; where they do not fit the line, the columns that may
/// be cut are.
struct Table {
    struct Column {
        let title: String
        let isNumber: Bool
        /// How narrow it may be made; nil: not at all.
        let widthMin: Int?

        static func text(_ title: String) -> Column {
            Column(title: title, isNumber: false, widthMin: nil)
        }
        static func number(_ title: String) -> Column {
            Column(title: title, isNumber: true, widthMin: nil)
        }
        /// May be cut down to eight columns, or its title.
        static func long(_ title: String) -> Column {
            Column(title: title, isNumber: false, widthMin: max(8, title.utf8.count))
        }
    }

    struct Cell {
        let text: String
        let style: Style

        init(_ text: String, _ style: Style = .plain) {
            self.text = text
            self.style = style
        }
    }

    private let columns: [Column]
    private var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// - Parameter cells: one for each column; an empty one is shown as a hyphen.
    mutating func add(_ cells: [Cell]) {
        rows.append(cells.map { $0.text.isEmpty ? Cell("-", .faint) : $0 })
    }

    var isEmpty: Bool { rows.isEmpty }

    private static let gap = "  "

    func text(on medium: Medium) -> String {
        var widths = columns.map { Presentation.columns(of: $0.title) }
        for row in rows {
            for index in widths.indices {
                widths[index] = max(widths[index], Presentation.columns(of: row[index].text))
            }
        }
        if let width = medium.width { shrink(&widths, to: width) }
        var text = line(columns.map { Cell($0.title, .heading) }, widths, medium)
        for row in rows { text += line(row, widths, medium) }
        return text
    }

    /// Takes a column from the widest of those that may be cut until the line fits, or none is left.
    private func shrink(_ widths: inout [Int], to width: Int) {
        var excess = widths.reduce(0, +) + Self.gap.utf8.count * (widths.count - 1) - width
        while excess > 0 {
            var widest: Int?
            for index in widths.indices {
                guard let least = columns[index].widthMin, widths[index] > least else { continue }
                if widest.map({ widths[index] > widths[$0] }) ?? true { widest = index }
            }
            guard let widest else { return }
            widths[widest] -= 1
            excess -= 1
        }
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ medium: Medium) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            let shown = cut(cell.text, to: widths[index])
            let pad = String(
                repeating: " ", count: widths[index] - Presentation.columns(of: shown))
            let painted = medium.paint(shown, cell.style)
            if index > 0 { text += Self.gap }
            if columns[index].isNumber {
                text += pad + painted
            } else {
                // Nothing but blanks at the end of a line.
                text += painted + (index + 1 == cells.count ? "" : pad)
            }
        }
        return text + "\n"
    }
}
