/// Who wanted something, as the kernel knows them, and what for.
public struct AuditOrigin: Hashable, Sendable {
    public enum Via: String, Hashable, Sendable, CaseIterable {
        /// The program `bulkhead`.
        case cli
        /// Another program on the control socket.
        case api
        /// Files that came into force.
        case configuration
        case scheduler
        /// Bulkhead itself, as its rules say.
        case supervisor
        /// Past Bulkhead: a control file or a unit's property that somebody wrote. The kernel does not say
        /// who.
        case outside
    }

    public var via: Via
    public var user: UInt32
    public var group: UInt32?
    /// Who logged in, whoever they became since: /proc/PID/loginuid, proc(5). Nil where nobody did.
    public var loginUser: UInt32?
    /// 0 where it cannot be seen from here.
    public var pid: Int32
    /// The unit of systemd that the process is in.
    public var unit: String?
    /// The user's name; nil where /etc/passwd has none.
    public var name: String?
    /// Why, in the words of who asked; may be empty.
    public var reason: String

    public init(
        via: Via, user: UInt32 = 0, group: UInt32? = nil, loginUser: UInt32? = nil, pid: Int32 = 0,
        unit: String? = nil, name: String? = nil, reason: String = ""
    ) {
        self.via = via
        self.user = user
        self.group = group
        self.loginUser = loginUser
        self.pid = pid
        self.unit = unit
        self.name = name
        self.reason = reason
    }

    /// A name that stands in a line.
    public var actor: String {
        switch via {
        case .cli, .api: name ?? "uid \(user)"
        case .configuration, .scheduler, .supervisor: via.rawValue
        case .outside: "somebody outside"
        }
    }
}
