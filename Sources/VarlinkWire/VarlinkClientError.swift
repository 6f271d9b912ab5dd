public import Plan
public import Syscalls

/// Why a call brought no reply.
public enum VarlinkClientError: Diagnosable, Hashable {
    case notConnected(String, SystemCallError)
    /// The service ended the connection.
    case hungUp(String)
    case timedOut(String)
    case failed(String, SystemCallError)
    /// What came is no reply.
    case notUnderstood(String, String)
    /// The service answered that it failed.
    case refused(VarlinkError)

    public var message: String {
        switch self {
        case .notConnected(let path, let error): "cannot connect to \(path): \(error.errno)"
        case .hungUp(let path): "\(path): the service ended the connection"
        case .timedOut(let path): "\(path): no reply within the time"
        case .failed(_, let error): "\(error)"
        case .notUnderstood(let path, let what): "\(path): not understood: \(printable(what))"
        case .refused(let error): error.message
        }
    }

    public var hint: String? {
        if case .refused(let error) = self { error.hint } else { nil }
    }
}
