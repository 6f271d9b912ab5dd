internal import CLinux

/// The corresponding call is isatty(3).
public func isTerminal(_ descriptor: CInt) -> Bool { bh_is_terminal(descriptor) == 1 }

/// A terminal in raw mode for as long as this lives: termios(3). What it was before is restored on
/// every way out.
public struct RawTerminal: ~Copyable, Sendable {
    private let descriptor: CInt
    private let saved: [UInt8]

    public init(_ descriptor: CInt) throws(SystemCallError) {
        var saved = [UInt8](repeating: 0, count: Int(BH_TERMINAL_STATE_SIZE))
        try checked("tcgetattr", on: "the terminal") { bh_terminal_state(descriptor, &saved) }
        try checked("tcsetattr", on: "the terminal") { bh_terminal_make_raw(descriptor, saved) }
        self.descriptor = descriptor
        self.saved = saved
    }

    deinit {
        // Fails where the terminal has gone, and then there is nothing to restore.
        _ = bh_terminal_restore(descriptor, saved)
    }
}

/// Gives one terminal the window size of another: ioctl_tty(2), `TIOCSWINSZ`.
public func copyWindowSize(from source: CInt, to target: CInt) throws(SystemCallError) {
    try checked("ioctl TIOCSWINSZ", on: "descriptor \(target)") {
        bh_copy_window_size(source, target)
    }
}

/// The size of a terminal in characters, nil where it is none. The corresponding call is
/// ioctl_tty(2), `TIOCGWINSZ`.
public func windowSize(_ descriptor: CInt) -> (rows: UInt16, columns: UInt16)? {
    let packed = bh_window_size(descriptor)
    return packed <= 0 ? nil : (UInt16(packed >> 16 & 0xFFFF), UInt16(packed & 0xFFFF))
}
