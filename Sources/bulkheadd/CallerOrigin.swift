internal import Audit
internal import Crypto
internal import JSONTree
internal import Launch
internal import Plan
internal import Varlink

/// Who calls, and what they ask for, as records have it.
extension ControlAction {
    /// - Parameter parameters: as they came, also where they are not what the interface says.
    convenience init(_ kind: AuditKind, _ parameters: JSON, _ origin: AuditOrigin) {
        // Names only: what else stands there is in the request.
        let project = (parameters["project"] ?? parameters["name"])?.string
            .flatMap { try? ProjectName($0) }
        let workload = (parameters["service"] ?? parameters["workload"])?.string
            .flatMap { try? WorkloadName($0) }
        self.init(
            kind, origin, project: project, workload: workload,
            request: Self.request(parameters))
    }

    /// All of it, in so many bytes, but for what may be secret, a command's environment; the reason has a
    /// field of its own, and of a file there is its digest.
    private static func request(_ parameters: JSON) -> String {
        let members = (parameters.members ?? []).compactMap { member -> JSON.Member? in
            switch member.name {
            case "environment", "token", "reason": return nil
            case "content":
                return member.value.string.map { JSON.Member("sha256", .string(digest($0))) }
            default: return member
            }
        }
        return JSON.object(members).text(bytesMax: AuditEntry.valueBytesMax)
    }

    private static func digest(_ text: String) -> String {
        guard let digest = try? Digest() else { return "" }
        return hexadecimal(digest.hash(Array(text.utf8)))
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
