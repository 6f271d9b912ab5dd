internal import Plan
internal import Presentation
internal import Syscalls

/// Standard output, as lines are made for it.
func standardOutput() -> Medium {
    let isColoured =
        isTerminal(1) && (environmentVariable("NO_COLOR") ?? "").isEmpty
        && environmentVariable("TERM") != "dumb"
    return Medium(width: nil, isColoured: isColoured, now: realtimeNanoseconds() / 1_000) {
        let time = LocalTime(secondsSinceEpoch: $0 / 1_000_000)
        return CalendarTime(
            year: time.year, month: time.month, day: time.day, hour: time.hour,
            minute: time.minute, second: time.second)
    }
}

/// False where nobody reads any more, as with `| head`.
func say(_ text: String) throws(SystemCallError) -> Bool {
    do throws(SystemCallError) {
        try write(allOf: Array(text.utf8), to: 1)
        return true
    } catch {
        if error.errno == .EPIPE { return false }
        throw error
    }
}

/// One line on standard error: what is wrong, and what to do about it.
func report(_ error: any Error) {
    var text = (error as? any Diagnosable)?.message ?? "\(error)"
    if let hint = (error as? any Diagnosable)?.hint { text += " (hint: \(hint))" }
    // Where that is gone too there is nobody left to tell it.
    try? write(allOf: Array("bulkhead-audit: \(printable(text))\n".utf8), to: 2)
}
