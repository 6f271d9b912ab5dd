public import JSONTree
public import Plan
internal import SupervisorInterface
public import Syscalls
internal import VarlinkWire

/// Why the supervisor did not do what it was asked.
public enum ClientError: Diagnosable, Hashable {
    /// Nobody listens, or not to us.
    case unreachable(socket: String, Errno)
    /// The connection ended before the reply.
    case lost(socket: String)
    /// What came is no reply.
    case notUnderstood(String)
    /// The supervisor refused; an error of its interface, named without it.
    case refused(name: String, JSON)
    /// The command's standard streams cannot be used, or something on this side failed.
    case failed(message: String, hint: String?)
    /// A run whose supervisor was restarted, and the new one does not know it.
    case forgotten(wasStarted: Bool)

    init(_ error: VarlinkClientError) {
        switch error {
        case .notConnected(let socket, let error):
            self = .unreachable(socket: socket, error.errno)
        case .hungUp(let socket), .timedOut(let socket): self = .lost(socket: socket)
        case .failed, .notUnderstood:
            self = .notUnderstood(error.message)
        case .refused(let error):
            let prefix = Supervisor.interface
            let name =
                error.name.utf8.starts(with: prefix.utf8)
                ? String(error.name.dropFirst(prefix.count)) : error.name
            self = .refused(name: name, error.parameters)
        }
    }

    init(_ error: SystemCallError) { self = .failed(message: "\(error)", hint: nil) }

    public var message: String {
        switch self {
        case .unreachable(let socket, .ENOENT), .unreachable(let socket, .ECONNREFUSED):
            "the supervisor does not run: nobody listens at \(quoted(socket))"
        case .unreachable(let socket, .EACCES), .unreachable(let socket, .EPERM):
            "the supervisor does not listen to you: \(quoted(socket)): permission denied"
        case .unreachable(let socket, let errno):
            "the supervisor cannot be reached at \(quoted(socket)): \(errno)"
        case .lost(let socket): "the supervisor at \(quoted(socket)) ended the connection"
        case .notUnderstood(let what): "the supervisor's reply is not understood: \(what)"
        case .refused(let name, let parameters): ControlInterface.words(name, parameters)
        case .failed(let message, _): message
        case .forgotten(let wasStarted):
            wasStarted
                ? "the supervisor was restarted and does not know the command any more"
                : "the supervisor ended before the command was started"
        }
    }

    public var hint: String? {
        switch self {
        case .unreachable(_, .ENOENT), .unreachable(_, .ECONNREFUSED):
            "start it: systemctl start bulkhead"
        case .unreachable(_, .EACCES), .unreachable(_, .EPERM),
            .refused(name: "org.varlink.service.PermissionDenied", _):
            "be root (sudo), or become a member of the group bulkhead: usermod -aG bulkhead USER"
        case .lost: "see what became of it: systemctl status bulkhead"
        case .refused(_, let parameters):
            parameters["hint"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        case .failed(_, let hint): hint
        case .forgotten(wasStarted: false): "give the command again"
        case .unreachable, .notUnderstood, .forgotten: nil
        }
    }

    /// What the supervisor found in the configuration, a line each.
    public var problems: [String] {
        guard case .refused(name: "ConfigurationInvalid", let parameters) = self else { return [] }
        return parameters["problems"]?.strings ?? []
    }

    /// What a command ends with: bulkhead-projects(1).
    public var exitStatus: Int32 {
        switch self {
        case .unreachable, .lost, .refused(name: "NotPermitted", _): 4
        case .refused(name: "ProjectNotFound", _), .refused(name: "ServiceNotFound", _),
            .refused(name: "RunNotFound", _):
            3
        case .refused(name: "Timeout", _): 5
        case .notUnderstood, .refused, .failed, .forgotten: 1
        }
    }

    /// What a command ends with that otherwise ends as the program that it runs: env(1).
    public var programExitStatus: Int32 {
        if case .refused(name: "NotStarted", let parameters) = self,
            let status = parameters["exit_status"]?.integer, status == 126 || status == 127
        {
            return Int32(status)
        }
        return 125
    }
}
