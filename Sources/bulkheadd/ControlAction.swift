internal import Audit
internal import Crypto
internal import EventLoop
internal import JSONTree
internal import Journal
internal import Ledger
internal import Plan
internal import Supervision
internal import Syscalls
internal import Varlink

/// What a caller asks for that changes something: recorded exactly once, in the transaction of the
/// change where there is one.
final class ControlAction {
    let kind: AuditKind
    let origin: AuditOrigin
    let project: ProjectName?
    let workload: WorkloadName?
    /// What was asked for, as the caller said it.
    let request: String
    var run: RunID?
    /// What it changes, where the caller's words do not say so.
    var change = ""
    private(set) var isWritten = false
    /// Whether it is done is known later, and whoever finds out records it; or nothing is to be done.
    var isDeferred = false

    init(
        _ kind: AuditKind, _ origin: AuditOrigin, project: ProjectName?, workload: WorkloadName?,
        request: String
    ) {
        self.kind = kind
        self.origin = origin
        self.project = project
        self.workload = workload
        self.request = request
    }

    func wasWritten() { isWritten = true }

    /// `start`
    private var verb: String { String(kind.rawValue.utf8.dropFirst("control.".utf8.count)) ?? "" }

    var accepted: AuditEntry {
        var entry = entry(
            "\(origin.actor) asked for: \(verb)\(change.isEmpty ? "" : ": \(change)")", "accepted")
        entry.add(AuditField.change, change)
        return entry
    }

    func refused(_ why: String) -> AuditEntry {
        entry("\(origin.actor) asked for: \(verb), and was refused: \(printable(why))", "refused")
    }

    private func entry(_ text: String, _ result: String) -> AuditEntry {
        let why = origin.reason.isEmpty ? "" : " (\(origin.reason))"
        return AuditEntry(
            kind, text + why, project: project, workload: workload, run: run,
            priority: result == "refused" ? 4 : nil, origin: origin,
            details: [(AuditField.result, result), (AuditField.request, request)])
    }
}

extension Supervisor {
    /// Serves a method that changes something.
    func serveAction(
        _ call: Call, _ kind: AuditKind, _ body: (Call) throws -> Void
    ) {
        let action = controlAction(call, kind)
        let outer = self.action
        self.action = action
        defer { self.action = outer }
        // First it is written down, then the caller hears of it.
        call.beforeReply = { [unowned self] in acceptIfOpen(action) }
        do {
            try Self.checkReason(call.parameters)
            try body(call)
            acceptIfOpen(action)
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

    private func controlAction(_ call: Call, _ kind: AuditKind) -> ControlAction {
        let parameters = call.parameters
        // Names only: what else stands there is in the request.
        let project = (parameters["project"] ?? parameters["name"])?.string
            .flatMap { try? ProjectName($0) }
        let workload = (parameters["service"] ?? parameters["workload"])?.string
            .flatMap { try? WorkloadName($0) }
        return ControlAction(
            kind, origin(of: call), project: project, workload: workload,
            request: Self.request(parameters, kind))
    }

    /// Without what may be secret: a command's environment.
    private static func request(_ parameters: JSON, _ kind: AuditKind) -> String {
        switch kind {
        case .controlExecute: printable(words(parameters["command"]?.strings ?? []))
        case .controlProfile: printable(text(withoutContent(parameters)))
        default: printable(text(parameters))
        }
    }

    private static func text(_ parameters: JSON) -> String {
        String(decoding: parameters.encoded(), as: UTF8.self)
    }

    /// With the digest of a file in the place of the file, which a record would cut.
    private static func withoutContent(_ parameters: JSON) -> JSON {
        guard case .object(let members) = parameters, let digest = try? Digest() else {
            return parameters
        }
        return .object(
            members.map { member in
                guard member.name == "content", let text = member.value.string else {
                    return member
                }
                let hash = hexadecimal(digest.hash(Array(text.utf8)))
                return JSON.Member("sha256", .string(hash))
            })
    }

    /// As a shell would take them.
    static func words(_ words: [String]) -> String {
        words.reduce("") { $0 + ($0.isEmpty ? "" : " ") + shellQuoted($1) }
    }

    func origin(of call: Call) -> AuditOrigin {
        // One that is too long is refused, and is not written down either.
        let reason = call.parameters["reason"]?.string.flatMap {
            try? StatedReason($0, for: "reason")
        }
        return origin(of: call.peer, reason: printable(reason?.text ?? ""))
    }

    /// What the kernel knows of a caller. Its process may have ended: then less is known.
    func origin(of peer: Peer, reason: String = "") -> AuditOrigin {
        let process = "/proc/\(peer.pid)"
        let isClient = (try? linkTarget("\(process)/exe")) == (try? host.client())
        // 4294967295: nobody logged in.
        let login = (try? readFile("\(process)/loginuid")).flatMap { UInt32($0.trimmed) }
        return AuditOrigin(
            via: isClient ? .cli : .api, user: peer.user, group: peer.group,
            loginUser: login == UInt32.max ? nil : login, pid: peer.pid,
            unit: (try? readFile("\(process)/cgroup")).flatMap(Self.unit),
            name: name(of: peer.user),
            reason: reason)
    }

    /// The last part of a cgroup's path that is a unit: cgroups(7), systemd.unit(5).
    private static func unit(inCgroups text: String) -> String? {
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            for part in line.split(separator: UInt8(ascii: "/")).reversed() {
                let name = String(decoding: Array(part), as: UTF8.self)
                if name.hasSuffix(".service") || name.hasSuffix(".scope") { return printable(name) }
            }
        }
        return nil
    }

    /// As /etc/passwd has it: other places of users may take seconds to answer.
    private func name(of user: UInt32) -> String? {
        guard let text = try? readFile("/etc/passwd") else { return nil }
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let parts = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            if parts.count > 2, String(decoding: Array(parts[2]), as: UTF8.self) == String(user) {
                return printable(String(decoding: Array(parts[0]), as: UTF8.self))
            }
        }
        return nil
    }

    /// Somebody may not call. Of one user it is told at most so often.
    func noteDenial(of peer: Peer) {
        if let last = turnedAway[peer.user], loop.now - last < Self.denialInterval { return }
        // As many users may be forgotten as want to be.
        if turnedAway.count > 1_000 { turnedAway = [:] }
        turnedAway[peer.user] = loop.now
        let origin = origin(of: peer)
        record(
            AuditEntry(
                .accessDenied, "\(origin.actor) may not control Bulkhead and was turned away",
                origin: origin))
    }

    /// Microseconds.
    private static let denialInterval: Int64 = 10_000_000

    // MARK: Recording

    /// A transaction of what a caller asked for, which records that it was accepted.
    func actionTransaction<Result>(
        _ durability: Durability, _ body: (borrowing LedgerChanges) throws(LedgerError) -> Result
    ) throws(LedgerError) -> Result {
        let open = action.flatMap { $0.isWritten ? nil : $0 }
        let result = try ledger.transaction(durability) { changes throws(LedgerError) in
            if let open { try changes.append(open.accepted) }
            return try body(changes)
        }
        open?.wasWritten()
        return result
    }

    /// Records what is about to be done for a caller, and what that changes; throws where it cannot be
    /// recorded, and so is not to be done.
    func recordAccepted(_ change: String) throws(Failure) {
        guard let action else { return }
        action.change = change
        acceptIfOpen(action)
        if !action.isWritten {
            throw .failed("it cannot be recorded", hint: "see bulkhead status ledger")
        }
    }

    private func acceptIfOpen(_ action: ControlAction) {
        if action.isWritten || action.isDeferred { return }
        if record(action.accepted, .power) { action.wasWritten() }
    }

    /// An action that came to nothing, whatever was thought of it before.
    func refuse(_ action: ControlAction, _ failure: Failure) {
        if record(action.refused(failure.line)) { action.wasWritten() }
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
