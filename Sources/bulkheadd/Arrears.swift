internal import Audit
internal import Ledger
internal import Observing
internal import Plan
internal import Supervision

/// What has happened and could not be written down: the disk is full, or fails. While there is any,
/// nothing new is begun and nothing is acknowledged.
struct Arrears {
    /// State that is still to be written: of a project the newest, once.
    private(set) var effects: [Effect] = []
    /// Ends of runs, which init keeps until they are acknowledged.
    var runs:
        [(
            RunID, RunRow.State, endedAt: Int64?, account: RunAccount?, entry: AuditEntry?
        )] = []
    var error = LedgerError.failed(path: "", detail: "", errno: nil)

    /// State is never given up. Of stories so many are remembered, and of the others how many they were.
    private static let storiesMax = 1_000
    /// No project takes the room from the others, nor a kind of record from other kinds: anybody can have
    /// something refused as often as they like.
    private var reports = SharedRoom<ProjectName, Report>(max: storiesMax)
    private var entries = SharedRoom<AuditKind, AuditEntry>(max: storiesMax)

    init() {}

    var isEmpty: Bool {
        effects.isEmpty && runs.isEmpty && reports.isEmpty && entries.isEmpty
    }

    mutating func add(_ entry: AuditEntry, _ error: LedgerError) {
        self.error = error
        entries.add(entry, entry.kind.rawValue, of: entry.kind)
    }

    mutating func add(_ more: [Effect], _ error: LedgerError) {
        self.error = error
        for effect in more {
            switch effect {
            case .store, .forget:
                if !effects.contains(effect) { effects.append(effect) }
            case .report(let report): reports.add(report, report.kind, of: report.project)
            case .admit, .startRun, .launchSandbox, .endSandbox, .freeze, .thaw, .updateLimits,
                .signalRun,
                .killRun, .probe:
                continue
            }
        }
    }

    // MARK: What is written

    /// State, and what state machines have told.
    var writtenEffects: [Effect] { effects + reports.items.map(Effect.report) }

    /// Records of their own.
    var writtenEntries: [AuditEntry] { entries.items }

    /// How much there was no room for: a record for each project of which there is any, and one for records of
    /// their own.
    var leftEntries: [AuditEntry] {
        var result = reports.left.sorted { $0.key < $1.key }.map { project, counts in
            Self.entry(counts, of: project)
        }
        var counts: [String: UInt64] = [:]
        for (_, more) in entries.left { counts.merge(more, uniquingKeysWith: &+) }
        if !counts.isEmpty { result.append(Self.entry(counts, of: nil)) }
        return result
    }

    private static func entry(
        _ counts: [String: UInt64], of project: ProjectName?
    ) -> AuditEntry {
        AuditEntry(
            .supervisorFailure,
            "records were too many to keep while nothing could be written down: \(text(counts))",
            project: project,
            details: [(AuditField.count, String(counts.values.reduce(0, &+)))])
    }

    /// All that nobody will know of when this supervisor ends now; nil where that is nothing. What inits keep
    /// is told to the next one.
    var lostText: String? {
        var counts: [String: UInt64] = [:]
        for report in reports.items { counts[report.kind, default: 0] += 1 }
        for entry in entries.items { counts[entry.kind.rawValue, default: 0] += 1 }
        for (_, more) in reports.left { counts.merge(more, uniquingKeysWith: &+) }
        for (_, more) in entries.left { counts.merge(more, uniquingKeysWith: &+) }
        return counts.isEmpty
            ? nil : "records were never written down: \(Self.text(counts)): \(error.message)"
    }

    /// `12 service.failed, 3 project.failed`
    private static func text(_ counts: [String: UInt64]) -> String {
        commaSeparated(
            counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
                "\($0.value) \($0.key)"
            })
    }
}
