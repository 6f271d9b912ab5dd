internal import Audit
internal import EventLoop
internal import Observing
internal import Plan
internal import SupervisorInterface
internal import Varlink
internal import VarlinkWire

/// What refusals that are not recorded one by one are counted by, beside the user.
struct RefusedKind: Hashable, Sendable {
    let kind: AuditKind
    let via: AuditOrigin.Via
}

/// Whoever may not call, and calls that are none: of one user, and of all, so many are recorded one by one; the
/// others are counted, and told as numbers.
extension Supervisor {
    /// Somebody may not call.
    ///
    /// - Parameter method: what they asked for; nil where that is not known.
    func noteDenial(of peer: Peer, wanting method: String?) {
        let what = method ?? ""
        let subject = RefusedKind(kind: .accessDenied, via: way(of: peer))
        let verdict = denied.admit(peer.user, subject, what, at: loop.now)
        tell(verdict.rest)
        guard verdict.isRecorded else { return tellRefusalsLater() }
        let origin = origin(of: peer)
        recordOrKeep(
            AuditEntry(
                .accessDenied,
                "\(origin.actor) may not control Bulkhead and was turned away"
                    + (what.isEmpty ? "" : ": \(what)"),
                origin: origin, details: [(AuditField.request, what)]))
    }

    /// A call of an action that is none by the interface: it was refused before anybody looked at it.
    func noteRefusal(of request: Request, _ kind: AuditKind, by peer: Peer, _ error: VarlinkError) {
        let subject = RefusedKind(kind: kind, via: way(of: peer))
        let why = ControlInterface.words(error.name, error.parameters)
        let verdict = refusals.admit(peer.user, subject, printable(why), at: loop.now)
        tell(verdict.rest)
        guard verdict.isRecorded else { return tellRefusalsLater() }
        let action = ControlAction(kind, request.parameters, origin(of: peer))
        for entry in action.ended(why) { recordOrKeep(entry) }
    }

    // MARK: What was counted

    private func tellRefusalsLater() {
        guard let due = [denied.due, refusals.due].compactMap({ $0 }).min() else { return }
        refusalTimer?.set(at: due)
    }

    /// Of an interval that is over.
    func tellCountedRefusals() {
        tell(denied.takeRest(at: loop.now))
        tell(refusals.takeRest(at: loop.now))
        tellRefusalsLater()
    }

    /// Nobody will tell it later.
    func tellAllRefusals() { tell(denied.takeAll() + refusals.takeAll()) }

    private func tell(_ rest: [RecordLimiter<RefusedKind>.Rest]) {
        for each in rest {
            // Nothing of one process: it may have been several.
            let origin = AuditOrigin(
                via: each.subject.via, user: each.user, name: host.userName(each.user))
            let whose = each.isOfSeveral ? "of several users" : "of \(origin.actor)"
            let last =
                ", the last\(each.isOfSeveral ? " of uid \(each.user)" : "")"
                + (each.text.isEmpty ? "" : ": \(each.text)")
            let kind = each.subject.kind
            let what =
                kind == .accessDenied
                ? counted(each.count, "more connection", "more connections")
                    + " \(whose), who may not control Bulkhead, \(each.count == 1 ? "was" : "were") "
                    + "turned away"
                : counted(each.count, "more call", "more calls")
                    + " \(whose) for \(ControlAction.verb(of: kind)), not as such a call has to be, "
                    + "\(each.count == 1 ? "was" : "were") refused"
            var entry = AuditEntry(
                kind, what + last, priority: 4, origin: each.isOfSeveral ? nil : origin)
            if kind != .accessDenied { entry.add(AuditField.result, "refused") }
            entry.add(AuditField.count, String(each.count))
            recordOrKeep(entry)
        }
    }
}
