internal import Audit
internal import EventLoop
internal import JSONTree
internal import Journal
internal import Ledger
internal import Plan
internal import Supervision
internal import Varlink
internal import VarlinkWire

/// What a caller asks for that changes something. That it is accepted is written down before anything is
/// touched, in the transaction of the change where there is one; what fails after that is told by a record of
/// its own.
final class ControlAction {
    let kind: AuditKind
    let origin: AuditOrigin
    /// At least one; each has its record.
    private(set) var parts: [ActionPart]
    var run: RunID?
    private(set) var stage = Stage.open

    enum Stage: Equatable {
        case open
        /// By the records with these numbers, one of each part.
        case accepted([UInt64])
        /// It was refused, or has failed, and that is written down.
        case over
    }

    init(_ kind: AuditKind, _ origin: AuditOrigin, _ parts: [ActionPart]) {
        self.kind = kind
        self.origin = origin
        self.parts = parts
    }

    /// What it changes, where only those who do it can say so.
    func changes(_ change: String) {
        for index in parts.indices {
            parts[index].words = change
            parts[index].change = change
        }
    }

    func wasAccepted(by records: [UInt64]) { stage = .accepted(records) }

    /// Of `control.start`, `start`.
    static func verb(of kind: AuditKind) -> String {
        String(kind.rawValue.utf8.dropFirst("control.".utf8.count)) ?? ""
    }

    var accepted: [AuditEntry] {
        parts.map { part in
            var entry = entry(of: part, kind, "", "accepted")
            entry.add(AuditField.change, part.change)
            return entry
        }
    }

    /// The records of its end without success; none where that was told already.
    func ended(_ why: String) -> [AuditEntry] {
        defer { stage = .over }
        switch stage {
        case .open:
            return parts.map { part in
                entry(of: part, kind, ", and was refused: \(printable(why))", "refused")
            }
        case .accepted(let records):
            return zip(parts, records).map { part, record in
                entry(
                    of: part, .controlFailed, ", and it failed: \(printable(why))", "failed",
                    record)
            }
        case .over: return []
        }
    }

    private func entry(
        of part: ActionPart, _ kind: AuditKind, _ end: String, _ result: String,
        _ record: UInt64? = nil
    ) -> AuditEntry {
        let verb = Self.verb(of: self.kind)
        let what = part.words.isEmpty ? verb : "\(verb): \(part.words)"
        let why = origin.reason.isEmpty ? "" : " (\(origin.reason))"
        return AuditEntry(
            kind, "\(origin.actor) asked for: \(what)\(end)\(why)", project: part.project,
            workload: part.workload, run: run, priority: result == "accepted" ? nil : 4,
            origin: origin,
            details: [
                (AuditField.result, result), (AuditField.request, part.request),
                (AuditField.action, record.map { "\($0)" } ?? ""),
            ])
    }
}

extension LedgerChanges {
    /// Keeps that an action is accepted.
    ///
    /// - Returns: the numbers of its records.
    fileprivate borrowing func append(
        accepted action: ControlAction
    ) throws(LedgerError) -> [UInt64] {
        var records: [UInt64] = []
        for entry in action.accepted {
            try append(entry)
            records.append(lastAuditRecord)
        }
        return records
    }
}

extension Supervisor {
    /// Serves a method that changes something.
    func serveAction(
        _ call: Call, _ kind: AuditKind, _ body: (Call) throws -> Void
    ) {
        // Who only wants to know what would be done does nothing.
        if call.parameters["plan"]?.bool ?? false {
            do {
                try Self.checkReason(call.parameters)
                try body(call)
            } catch { call.fail(Failure(error)) }
            return
        }
        let action = ControlAction(kind, call.parameters, origin(of: call))
        let outer = self.action
        self.action = action
        defer { self.action = outer }
        // First it is written down, then the caller hears of it.
        call.beforeReply = { [unowned self] in
            do throws(LedgerError) {
                try accept(action)
                return nil
            } catch {
                let failure = Failure(error)
                refuse(action, failure)
                return VarlinkError(failure.name, failure.parameters)
            }
        }
        do {
            try Self.checkReason(call.parameters)
            try body(call)
            try accept(action)
        } catch {
            let failure = Failure(error)
            refuse(action, failure)
            call.fail(failure)
        }
    }

    private static func checkReason(_ parameters: JSON) throws(InvalidValue) {
        guard let value = parameters["reason"], !value.isNull else { return }
        guard let text = value.string else {
            throw InvalidValue("reason", value.text, "is \(value.kind), and not text")
        }
        _ = try StatedReason(text, for: "reason")
    }

    // MARK: Recording

    /// Writes down that what the caller asks for is accepted: to be called before anything is touched that is
    /// not in a transaction of the ledger, and after all that may be refused was looked at. What cannot be
    /// written down is not done. It may be called again.
    func acceptAction() throws(LedgerError) {
        if let action { try accept(action) }
    }

    /// The same, with what that changes.
    func recordAccepted(_ change: String) throws(LedgerError) {
        action?.changes(change)
        try acceptAction()
    }

    private func accept(_ action: ControlAction) throws(LedgerError) {
        guard action.stage == .open else { return }
        let records = try ledger.transaction(.power) { changes throws(LedgerError) in
            try changes.append(accepted: action)
        }
        action.wasAccepted(by: records)
    }

    /// A transaction of what a caller asked for, which records that it was accepted.
    func actionTransaction<Result>(
        _ durability: Durability, _ body: (borrowing LedgerChanges) throws(LedgerError) -> Result
    ) throws(LedgerError) -> Result {
        let open = action.flatMap { $0.stage == .open ? $0 : nil }
        var records: [UInt64] = []
        let result = try ledger.transaction(durability) { changes throws(LedgerError) in
            if let open {
                records = try changes.append(accepted: open)
            }
            return try body(changes)
        }
        open?.wasAccepted(by: records)
        return result
    }

    /// Does something as part of an action, whoever is served at the moment; nil: of none.
    func withAction<Result, Problem: Error>(
        _ action: ControlAction?, _ body: () throws(Problem) -> Result
    ) throws(Problem) -> Result {
        let outer = self.action
        self.action = action
        defer { self.action = outer }
        return try body()
    }

    /// An action that came to nothing: refused, or, where it was accepted already, failed.
    func refuse(_ action: ControlAction, _ failure: Failure) {
        for entry in action.ended(failure.line) { recordOrKeep(entry) }
    }

    /// Adds a record that belongs to no other change; where the ledger takes none, it is written when it does.
    func recordOrKeep(_ entry: AuditEntry) {
        do throws(LedgerError) {
            try ledger.transaction(.process) { changes throws(LedgerError) in
                try changes.append(entry)
            }
        } catch {
            journal.report(error)
            keep(entry, error)
        }
    }

    /// Adds a record that belongs to no other change.
    ///
    /// - Returns: whether it is written down.
    @discardableResult
    func record(_ entry: AuditEntry, _ durability: Durability = .process) -> Bool {
        do throws(LedgerError) {
            try ledger.transaction(durability) { changes throws(LedgerError) in
                try changes.append(entry)
            }
            return true
        } catch {
            journal.report(error)
            return false
        }
    }
}

extension AuditEntry {
    /// What the state machines report.
    init(_ report: Report) {
        self.init(
            AuditKind(rawValue: report.kind) ?? .supervisorNote, printable(report.text),
            project: report.project, workload: report.service, run: report.run,
            priority: report.severity.rawValue,
            details: report.details.map { ($0.name, $0.value) })
    }
}
