internal import Plan
internal import Syscalls

/// Where a program's texts go.
enum Stream: CInt {
    case standardOutput = 1
    case standardError = 2
}

/// Writes `text`, and does not mind where nobody reads it any more.
///
/// - Returns: whether all of it was written.
@discardableResult
func write(_ text: String, to stream: Stream) -> Bool {
    do throws(SystemCallError) {
        try Syscalls.write(allOf: Array(text.utf8), to: stream.rawValue)
        return true
    } catch {
        return error.errno == .EPIPE
    }
}

/// Prints the result of a command.
///
/// - Returns: the exit status: 0, or 1 where it could not be written.
func say(_ text: String) -> Int32 {
    if write(text, to: .standardOutput) { return 0 }
    write("bulkhead: standard output cannot be written\n", to: .standardError)
    return 1
}

/// The only place where this program says what went wrong: one line on standard error,
/// `bulkhead: MESSAGE (hint: ACTION)`, in colour where a terminal shows it.
func report(_ error: some Diagnosable) {
    write(line(for: error, coloured: isTerminal(Stream.standardError.rawValue)), to: .standardError)
}

private func line(for error: some Diagnosable, coloured: Bool) -> String {
    let (red, dim, plain) = coloured ? ("\u{1B}[31m", "\u{1B}[2m", "\u{1B}[0m") : ("", "", "")
    let hint = error.hint.map { " \(dim)(hint: \(printable($0)))\(plain)" } ?? ""
    return "\(red)bulkhead:\(plain) \(printable(error.message))\(hint)\n"
}
