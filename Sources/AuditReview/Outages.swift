internal import Audit

/// From when to when a project was not ready, by its records.
struct Outages {
    private struct Turn {
        let at: Int64
        let sequence: UInt64
        let project: String
        let kind: AuditKind
        let reason: String
    }

    struct Outage {
        let project: String
        let begin: Int64
        /// Nil: it goes on.
        let end: Int64?
        let kind: AuditKind
        let reason: String
    }

    private var turns: [Turn] = []
    /// More than that were not looked at.
    private(set) var isCut = false

    /// Of a year of a busy machine; 100 bytes each.
    static let turnsMax = 200_000

    mutating func add(_ event: AuditEvent) {
        guard let kind = event.kind else { return }
        switch kind {
        case .projectUnready, .projectLost, .projectFailed, .projectStopped, .projectReady,
            .projectArchived:
            guard turns.count < Self.turnsMax else {
                isCut = true
                return
            }
            let said = event.text(AuditField.reason)
            turns.append(
                Turn(
                    at: event.at, sequence: event.sequence, project: event.text(AuditField.project),
                    kind: kind,
                    reason: String((said.isEmpty ? event.message : said).prefix(160))))
        default: return
        }
    }

    /// All of them, the longest first. One begins with the first record that says so, whatever follows.
    ///
    /// - Parameter now: to where one that goes on is counted.
    func all(until now: Int64) -> [Outage] {
        var begun: [String: Turn] = [:]
        var outages: [Outage] = []
        // What journald had lost came later than what followed it.
        for turn in turns.sorted(by: { ($0.at, $0.sequence) < ($1.at, $1.sequence) }) {
            switch turn.kind {
            case .projectReady, .projectArchived:
                if let begin = begun.removeValue(forKey: turn.project) {
                    outages.append(Self.outage(begin, until: turn.at))
                }
            default: if begun[turn.project] == nil { begun[turn.project] = turn }
            }
        }
        outages += begun.values.map { Self.outage($0, until: nil) }
        func length(_ outage: Outage) -> Int64 { max(0, (outage.end ?? now) - outage.begin) }
        return outages.sorted { one, other in
            if length(one) != length(other) { return length(one) > length(other) }
            return (one.begin, one.project) < (other.begin, other.project)
        }
    }

    private static func outage(_ begin: Turn, until end: Int64?) -> Outage {
        Outage(
            project: begin.project, begin: begin.at, end: end, kind: begin.kind,
            reason: begin.reason)
    }
}
