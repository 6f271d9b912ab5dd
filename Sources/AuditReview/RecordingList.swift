internal import Audit
internal import Plan
public import Presentation

/// The recordings of sessions that the audit trail tells of.
public struct RecordingList {
    /// One of them.
    public struct Recording: Hashable, Sendable {
        public let path: String
        /// Of the session; nil: what tells of its beginning is not there.
        var opened: AuditEvent?
        /// Of its end, with the digest.
        var recorded: AuditEvent?
        var isPruned = false

        /// When it began, or else the first that is known: microseconds since the epoch.
        var at: Int64 { opened?.at ?? recorded?.at ?? 0 }
    }

    /// What a file is found to be.
    public enum Found: Hashable, Sendable {
        case missing
        case unreadable(reason: String)
        /// - Parameter sha256: in hexadecimal digits.
        case read(bytes: UInt64, sha256: String)
    }

    public enum State: Hashable, Sendable {
        /// Its session is open, or its end is not written down yet.
        case open
        case intact
        /// As it was recorded, and that it did not come to its end.
        case short
        case pruned
        case altered
        case missing
        case unknown(reason: String)

        /// Whether somebody should look into it.
        public var isWrong: Bool { [.altered, .missing].contains(self) }

        /// Whether nobody can say if it is as it was.
        public var isUnknown: Bool {
            if case .unknown = self { return true }
            return false
        }
    }

    private var recordings: [String: Recording] = [:]

    public init() {}

    /// What is not to be trusted tells of nothing.
    public mutating func add(_ event: AuditEvent) {
        let path = event.text(AuditField.recording)
        guard event.isTrusted, !path.isEmpty else { return }
        switch event.kind {
        case .sessionOpened: recordings[path, default: Recording(path: path)].opened = event
        case .sessionRecorded: recordings[path, default: Recording(path: path)].recorded = event
        // Of one that nothing else tells of any more there is nothing to show.
        case .auditRecordingPruned: recordings[path]?.isPruned = true
        default: return
        }
    }

    /// Those of which what tells of their beginning is wanted, or, where that is not there, of their end;
    /// the oldest first. What became of each is known by all that was told of it, wanted or not.
    public func all(_ isWanted: (AuditEvent) -> Bool = { _ in true }) -> [Recording] {
        recordings.values.filter { ($0.opened ?? $0.recorded).map(isWanted) ?? false }
            .sorted { ($0.at, $0.path) < ($1.at, $1.path) }
    }
}

extension RecordingList.Recording {
    /// - Parameter found: what its file is now.
    public func state(_ found: RecordingList.Found) -> RecordingList.State {
        if isPruned { return .pruned }
        guard let recorded else { return .open }
        let digest = recorded.text(AuditField.sha256)
        switch found {
        case .missing: return .missing
        case .unreadable(let reason): return .unknown(reason: reason)
        case .read(_, let sha256):
            if digest.isEmpty { return .unknown(reason: "it could not be read at its end") }
            if sha256 != digest { return .altered }
            return recorded.text(AuditField.isComplete) == "yes" ? .intact : .short
        }
    }
}

extension RecordingList.State: CustomStringConvertible {
    public var description: String {
        switch self {
        case .open: "open"
        case .intact: "intact"
        case .short: "cut short"
        case .pruned: "deleted for its age"
        case .altered: "ALTERED"
        case .missing: "MISSING"
        case .unknown(let reason): "unknown: \(reason)"
        }
    }
}

/// A recording as one line for a person.
public func recordingLine(
    _ recording: RecordingList.Recording, _ state: RecordingList.State, on medium: Medium
) -> String {
    let event = recording.opened ?? recording.recorded
    let style: Style = state.isWrong ? .bad : state == .intact ? .good : .doubtful
    var line = medium.paint(medium.moment(recording.at), .faint) + " "
    line += lineColumn(event?.subject ?? "", 16, .heading, on: medium)
    line += lineColumn(event?.text(AuditField.sessionKind) ?? "", 6, on: medium)
    line += lineColumn(recording.opened?.text(AuditField.actor) ?? "", 10, on: medium)
    line += lineColumn(state.description, 10, style, on: medium)
    return line + printable(recording.path) + "\n"
}

/// The same as one line of JSON.
public func recordingJSON(
    _ recording: RecordingList.Recording, _ state: RecordingList.State
) -> String {
    let event = recording.opened ?? recording.recorded
    func text(_ field: String) -> String { jsonString(event?.text(field) ?? "") }
    let bytes = recording.recorded?.text(AuditField.bytes) ?? ""
    let members = [
        "\"at_us\":\(recording.at)", "\"file\":\(jsonString(recording.path))",
        "\"project\":\(text(AuditField.project))", "\"workload\":\(text(AuditField.workload))",
        "\"run\":\(UInt64(event?.text(AuditField.run) ?? "") ?? 0)",
        "\"session\":\(UInt64(event?.text(AuditField.session) ?? "") ?? 0)",
        "\"kind\":\(text(AuditField.sessionKind))",
        "\"actor\":\(jsonString(recording.opened?.text(AuditField.actor) ?? ""))",
        "\"bytes\":\(UInt64(bytes).map(String.init) ?? "null")",
        "\"sha256\":\(jsonString(recording.recorded?.text(AuditField.sha256) ?? ""))",
        "\"state\":\(jsonString(state.description))",
    ]
    return "{\(members.joined(separator: ","))}\n"
}
