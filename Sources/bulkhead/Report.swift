internal import Client
internal import Plan
internal import Presentation
internal import Syscalls

/// Where a program's texts go.
enum Stream: CInt {
    case standardOutput = 1
    case standardError = 2

    /// Whether what goes there is coloured: on a terminal, unless its user wants none (no-color.org)
    /// or it knows none.
    var isColoured: Bool {
        guard isTerminal(rawValue) else { return false }
        return (environmentVariable("NO_COLOR") ?? "").isEmpty
            && environmentVariable("TERM") != "dumb"
    }
}

/// Standard output, as texts are made for it.
func standardOutput() -> Medium {
    var width = windowSize(Stream.standardOutput.rawValue).map { Int($0.columns) }
    if width == nil { width = environmentVariable("COLUMNS").flatMap { Int($0) } }
    // A terminal that does not know its size says 0.
    if let known = width, known < 20 { width = nil }
    return Medium(
        width: width, isColoured: Stream.standardOutput.isColoured,
        now: realtimeNanoseconds() / 1_000
    ) { microseconds in
        let time = LocalTime(secondsSinceEpoch: microseconds / 1_000_000)
        return CalendarTime(
            year: time.year, month: time.month, day: time.day, hour: time.hour,
            minute: time.minute, second: time.second)
    }
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
func report(_ error: some Diagnosable) { report(error.message, hint: error.hint) }

/// The same of an error that brings a list along, a line each.
func report(_ error: ClientError) {
    report(error.message, hint: error.hint)
    for problem in error.problems { write("  \(printable(problem))\n", to: .standardError) }
}

func report(_ message: String, hint: String?) {
    let (red, dim, plain) =
        Stream.standardError.isColoured ? ("\u{1B}[31m", "\u{1B}[2m", "\u{1B}[0m") : ("", "", "")
    let advice = hint.map { " \(dim)(hint: \(printable($0)))\(plain)" } ?? ""
    write("\(red)bulkhead:\(plain) \(printable(message))\(advice)\n", to: .standardError)
}
