internal import Arguments
internal import Plan
internal import Syscalls

/// Asks the supervisor, and prints what it answers.
///
/// - Returns: the exit status.
func ask(_ arguments: SupervisorArguments) -> Int32 {
    let path =
        arguments.socket ?? environmentVariable("BULKHEAD_SOCKET") ?? "/run/bulkhead/control.sock"
    do throws(SystemCallError) {
        _ = try StreamSocket(connectingTo: path)
        return 0
    } catch {
        report(ConnectionError.unreachable(socket: path, error.errno))
        return arguments.command.endsAsItsProgram ? 125 : 4
    }
}
