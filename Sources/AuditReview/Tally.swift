/// What is counted by a few words: how often, when last, and what was said of it last.
struct Tally {
    struct Row {
        var counts: [Int]
        var last: Int64
        var remark: String

        var total: Int { counts.reduce(0, +) }
    }

    private var rows: [[String]: Row] = [:]
    /// Of more kinds than `keysMax`.
    private(set) var uncounted = 0

    var isEmpty: Bool { rows.isEmpty }

    /// Of all that a machine has of projects, users and causes; and a bound for what is made up.
    static let keysMax = 10_000
    /// What a reader looks through.
    static let shownMax = 20

    /// - Parameter column: which of `columns` numbers it adds to.
    mutating func add(
        _ key: [String], at: Int64, count: Int = 1, column: Int = 0, of columns: Int = 1,
        remark: String = ""
    ) {
        if rows[key] == nil {
            if rows.count == Self.keysMax {
                uncounted += count
                return
            }
            rows[key] = Row(counts: Array(repeating: 0, count: columns), last: at, remark: "")
        }
        rows[key]?.counts[column] += count
        // Records that came late are no news.
        guard let last = rows[key]?.last, at >= last else { return }
        rows[key]?.last = at
        if !remark.isEmpty { rows[key]?.remark = remark }
    }

    /// The most frequent ones, and among equals by name; and how many there are beside them.
    func top() -> (rows: [(key: [String], row: Row)], more: Int) {
        let sorted = rows.map { (key: $0.key, row: $0.value) }.sorted { one, other in
            one.row.total == other.row.total
                ? one.key.lexicographicallyPrecedes(other.key) : one.row.total > other.row.total
        }
        return (Array(sorted.prefix(Self.shownMax)), max(0, sorted.count - Self.shownMax))
    }
}

/// The last of what happened, in the order of time.
struct Latest {
    private var rows: [(at: Int64, sequence: UInt64, cells: [String])] = []
    private(set) var count = 0

    mutating func add(at: Int64, _ sequence: UInt64, _ cells: [String]) {
        count += 1
        rows.append((at, sequence, cells))
        if rows.count >= 4 * Tally.shownMax { rows = kept }
    }

    private var kept: [(at: Int64, sequence: UInt64, cells: [String])] {
        rows.sorted { ($0.at, $0.sequence) < ($1.at, $1.sequence) }.suffix(Tally.shownMax)
    }

    func last() -> (rows: [(at: Int64, cells: [String])], more: Int) {
        let shown = kept.map { (at: $0.at, cells: $0.cells) }
        return (shown, count - shown.count)
    }
}
