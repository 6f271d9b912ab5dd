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

/// A new terminal of this machine, in raw mode: both sides, neither of which blocks. pty(7)
public struct TerminalPair: ~Copyable, Sendable {
    /// What is written here is typed at the terminal.
    public let controller: FileDescriptor
    public let terminal: FileDescriptor

    public init(rows: UInt16, columns: UInt16) throws(SystemCallError) {
        var sides: (Int32, Int32) = (-1, -1)
        try checked("open", on: "/dev/ptmx") {
            bh_open_terminal(rows, columns, &sides.0, &sides.1)
        }
        controller = FileDescriptor(owning: sides.0)
        terminal = FileDescriptor(owning: sides.1)
    }

    /// Hands both sides to an owner each.
    public consuming func split() -> (CInt, CInt) { (controller.release(), terminal.release()) }
}

/// Makes a terminal the controlling one of our session, so that we hear of its size and its end. The
/// corresponding call is ioctl_tty(2), `TIOCSCTTY`.
public func makeControlling(_ terminal: CInt) throws(SystemCallError) {
    try checked("ioctl TIOCSCTTY", on: "descriptor \(terminal)") { bh_make_controlling(terminal) }
}
