import Plan

/// What one event leads to, while it is being worked out.
struct Turn {
    let now: Moment
    let seed: UInt64
    /// Nothing is begun any more.
    let isClosing: Bool
    var nextRun: UInt64
    /// In the order in which they are to be done.
    var deeds: [Effect] = []
    var reports: [Effect] = []

    init(now: Moment, seed: UInt64, isClosing: Bool, nextRun: UInt64) {
        self.now = now
        self.seed = seed
        self.isClosing = isClosing
        self.nextRun = nextRun
    }

    mutating func takeRun() -> RunID {
        defer { nextRun += 1 }
        return RunID(rawValue: nextRun)
    }

    mutating func report(_ report: Report) { reports.append(.report(report)) }
}

/// `text` as part of a reason: printable, and bounded, since it may come from a sandbox.
func clipped(_ text: String) -> String {
    if text.utf8.count <= reasonBytesMax { return printable(text) }
    return printable(String(String.UnicodeScalarView(text.unicodeScalars.prefix(reasonBytesMax))))
        + "…"
}

/// A line of a terminal or two.
private let reasonBytesMax = 200
