internal import Plan
internal import Syscalls

/// Why the supervisor could not be asked.
enum ConnectionError: Diagnosable, Hashable {
    case unreachable(socket: String, Errno)

    var message: String {
        switch self {
        case .unreachable(let socket, .ENOENT), .unreachable(let socket, .ECONNREFUSED):
            "the supervisor does not run: nobody listens at \(quoted(socket))"
        case .unreachable(let socket, .EACCES), .unreachable(let socket, .EPERM):
            "the supervisor may not be asked by you: \(quoted(socket)): permission denied"
        case .unreachable(let socket, let errno):
            "the supervisor cannot be reached at \(quoted(socket)): \(errno)"
        }
    }

    var hint: String? {
        switch self {
        case .unreachable(_, .ENOENT), .unreachable(_, .ECONNREFUSED):
            "start it: systemctl start bulkhead"
        case .unreachable(_, .EACCES), .unreachable(_, .EPERM):
            "be root, or become a member of the group bulkhead: usermod -aG bulkhead USER"
        case .unreachable: nil
        }
    }
}
