import Audit
import AuditReview
import Crypto
import Plan
import Presentation

/// Records as the supervisor writes them and journald hands them out.
final class Trail {
    private var previous = AuditHash.none
    private var sequence: UInt64 = 0
    private let digest: Digest

    init() throws { digest = try Digest() }

    /// 2026-11-22 in UTC, at midnight.
    static let midnight: Int64 = 1_795_305_600_000_000

    /// The fields of the next record.
    ///
    /// - Parameter seconds: after midnight.
    func entry(
        _ kind: AuditKind, _ message: String, project: String? = nil, workload: String? = nil,
        run: UInt64? = nil, seconds: Int64 = 0, priority: UInt8? = nil,
        _ details: [(name: String, value: String)] = []
    ) throws -> [String: [UInt8]] {
        sequence += 1
        let record = AuditRecord(
            AuditEntry(
                kind, message, project: try project.map { try ProjectName($0) },
                workload: try workload.map { try WorkloadName($0) },
                run: run.map(RunID.init(rawValue:)), priority: priority, details: details),
            chain: "c0", sequence: sequence, previous: previous,
            at: Self.midnight + seconds * 1_000_000)
        previous = AuditHash(bytes: digest.hash(record.bytes))
        var fields: [String: [UInt8]] = [:]
        for (name, value) in AuditRecord.fields(of: record.bytes) ?? [] { fields[name] = value }
        fields[AuditField.hash] = Array(previous.text.utf8)
        fields["_UID"] = Array("0".utf8)
        fields["_EXE"] = Array("/usr/sbin/bulkheadd".utf8)
        fields["_COMM"] = Array("bulkheadd".utf8)
        return fields
    }

    func event(_ entry: [String: [UInt8]], received: Int64 = Trail.midnight) -> AuditEvent? {
        AuditEvent(entry, received: UInt64(received), hash: digest.hash)
    }
}

/// A pipe, in UTC, at noon of that day.
var pipe: Medium { medium(isColoured: false) }
var terminal: Medium { medium(isColoured: true) }

private func medium(isColoured: Bool) -> Medium {
    Medium(width: nil, isColoured: isColoured, now: Trail.midnight + 43_200_000_000) { time in
        let seconds = Int32((time - Trail.midnight) / 1_000_000)
        return CalendarTime(
            year: 2026, month: 11, day: 22, hour: seconds / 3_600, minute: seconds / 60 % 60,
            second: seconds % 60)
    }
}

func octets(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Of who asked for something.
let alice = [("BULKHEAD_ACTOR", "alice"), ("BULKHEAD_ACTOR_UID", "1000"), ("BULKHEAD_VIA", "cli")]
let bob = [("BULKHEAD_ACTOR", "bob"), ("BULKHEAD_ACTOR_UID", "1001"), ("BULKHEAD_VIA", "cli")]
let accepted = [("BULKHEAD_RESULT", "accepted")]
let refused = [("BULKHEAD_RESULT", "refused")]
