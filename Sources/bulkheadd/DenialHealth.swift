internal import Audit
internal import Plan
internal import Syscalls
internal import Tracing

/// Whether all that is denied can be seen: the table has room, the kernel logs it, and keeps it out of
/// the audit log.
struct DenialHealth {
    /// How many had no room, and when that last grew.
    private var uncounted: UInt64 = 0
    private var grewAt: Int64?
    /// What the kernel does not log; nil: it logs all.
    private var unlogged: String?
    /// Why calls may come into the audit log.
    private var flooding: String?
    private var looks = 0

    /// After so many microseconds without another it is well again.
    private static let quiet: Int64 = 600_000_000
    /// What others may change is looked at once in so many looks.
    private static let looksBetween = 60

    var trouble: String? {
        var parts: [String] = []
        if grewAt != nil {
            parts.append(
                "\(uncounted) denied calls were not counted: more kinds at once than the table holds"
            )
        }
        if let unlogged { parts.append(unlogged) }
        if let flooding { parts.append(flooding) }
        return parts.isEmpty ? nil : commaSeparated(parts)
    }

    /// - Parameter found: all that the table holds.
    /// - Returns: what is to be said, once each.
    mutating func look(
        _ tracer: DenialTracer, _ found: [Denial], at now: Int64
    ) throws(SystemCallError) -> [AuditEntry] {
        var entries: [AuditEntry] = []
        let lost = try tracer.uncounted()
        if lost > uncounted {
            if grewAt == nil {
                entries.append(
                    AuditEntry(
                        .seccompUncounted,
                        "denied calls were not counted, and will not be named: more kinds at once "
                            + "than the table holds",
                        details: [(AuditField.count, String(lost - uncounted))]))
            }
            uncounted = lost
            grewAt = now
            try tracer.forgetKinds(but: Set(found.map(\.key.cgroup)))
        } else if let at = grewAt, now - at > Self.quiet {
            grewAt = nil
        }
        if looks % Self.looksBetween == 0 { entries += lookAround() }
        looks += 1
        return entries
    }

    private mutating func lookAround() -> [AuditEntry] {
        var entries: [AuditEntry] = []
        let trouble = LoggedActions.current().trouble
        if let trouble, unlogged == nil {
            entries.append(AuditEntry(.supervisorNote, trouble, priority: 4))
        }
        unlogged = trouble
        // Whoever loads audit rules takes ours away: auditctl(8), -D.
        var now: String?
        do throws(SystemCallError) { try excludeFromAudit(users: IDRange.allUsers) } catch {
            // It is there, and nobody changes rules any more that are locked.
            if error.errno != .EPERM {
                now =
                    "the rule that keeps denied calls out of the audit log is not in force: \(error)"
            }
        }
        if let now, flooding == nil {
            entries.append(AuditEntry(.supervisorNote, now, priority: 4))
        }
        flooding = now
        return entries
    }

    /// Ours to tell: without this each of them would be a line of the journal as well.
    static func keepFromAudit() throws(DenialsUnseen) {
        do throws(SystemCallError) { try excludeFromAudit(users: IDRange.allUsers) } catch {
            throw .flooding(error)
        }
    }
}

extension DenialsUnseen {
    static func flooding(_ error: SystemCallError) -> DenialsUnseen {
        // CAP_AUDIT_CONTROL of capabilities(7).
        let mayChange = effectiveCapabilities() & 1 << 30 != 0
        let isLocked = error.errno == .EPERM && mayChange
        return DenialsUnseen(
            message: "system calls that are denied are not named, for each would be a line of the "
                + "audit log as well: \(error)"
                + (isLocked ? " (the audit rules are locked until the next boot)" : ""),
            hint: isLocked
                ? "have bulkheadd start before the rules are locked (auditctl -e 2), or lock them not"
                : "the supervisor needs CAP_AUDIT_CONTROL")
    }

    static func failed(_ reason: String) -> DenialsUnseen {
        DenialsUnseen(
            message: "system calls that are denied are named no more: \(reason)",
            hint: "restart the supervisor: systemctl restart bulkhead")
    }
}
