internal import Audit
internal import Ledger
internal import Plan
internal import Supervision

/// What has happened and could not be written down: the disk is full, or fails. While there is any,
/// nothing new is begun and nothing is acknowledged.
struct Arrears {
    /// What is still to be written; of a project the newest state is written, once.
    private(set) var effects: [Effect] = []
    /// Ends of runs, which init keeps until they are acknowledged.
    var runs:
        [(
            RunID, RunRow.State, endedAt: Int64?, account: RunAccount?, entry: AuditEntry?
        )] = []
    var error = LedgerError.failed(path: "", detail: "", errno: nil)

    /// Reports that are remembered; state is never given up, stories are.
    private static let reportsMax = 1_000
    private var reportCount = 0

    init() {}

    /// Records of their own, and how many were too many.
    private var entries: [AuditEntry] = []
    private var entriesLeft = 0

    var isEmpty: Bool { effects.isEmpty && runs.isEmpty && entries.isEmpty }

    mutating func add(_ entry: AuditEntry, _ error: LedgerError) {
        self.error = error
        if entries.count < Self.reportsMax { entries.append(entry) } else { entriesLeft += 1 }
    }

    /// The records, and one of those that were too many.
    var writtenEntries: [AuditEntry] {
        if entriesLeft == 0 { return entries }
        let text = "\(entriesLeft) more were refused or failed while nothing could be written down"
        return entries + [
            AuditEntry(
                .supervisorFailure, text, details: [(AuditField.count, String(entriesLeft))])
        ]
    }

    mutating func add(_ more: [Effect], _ error: LedgerError) {
        self.error = error
        for effect in more {
            switch effect {
            case .store, .forget:
                if !effects.contains(effect) { effects.append(effect) }
            case .report:
                if reportCount == Self.reportsMax { continue }
                reportCount += 1
                effects.append(effect)
            case .admit, .startRun, .launchSandbox, .endSandbox, .freeze, .thaw, .updateLimits,
                .signalRun,
                .killRun, .probe:
                continue
            }
        }
    }
}
