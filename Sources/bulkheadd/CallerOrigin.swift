internal import Audit
internal import JSONTree
internal import Launch
internal import Plan
internal import Varlink

/// Who calls, and what they ask for, as records have it.
extension ControlAction {
    /// - Parameter parameters: as they came, also where they are not what the interface says.
    convenience init(_ kind: AuditKind, _ parameters: JSON, _ origin: AuditOrigin) {
        self.init(kind, origin, ActionPart.parts(of: kind, parameters))
    }

    /// As a shell would take them.
    static func words(_ words: [String]) -> String {
        words.reduce("") { $0 + ($0.isEmpty ? "" : " ") + shellQuoted($1) }
    }
}

extension Supervisor {
    func origin(of call: Call) -> AuditOrigin {
        // One that is too long is refused, and is not written down either.
        let reason = call.parameters["reason"]?.string.flatMap {
            try? StatedReason($0, for: "reason")
        }
        return origin(of: call.peer, reason: printable(reason?.text ?? ""))
    }

    /// Who connected, as the kernel knew them when the connection was accepted.
    func origin(of peer: Peer, reason: String = "") -> AuditOrigin {
        AuditOrigin(
            via: way(of: peer), user: peer.user, group: peer.group,
            loginUser: peer.process?.loginUser, pid: peer.pid,
            unit: peer.process?.cgroups.flatMap { systemUnit(inCgroups: $0) },
            name: host.userName(peer.user), reason: reason)
    }

    /// Whether it was the program `bulkhead` that connected.
    func way(of peer: Peer) -> AuditOrigin.Via {
        let program = peer.process?.program
        return program != nil && program == (try? host.client()) ? .cli : .api
    }
}
