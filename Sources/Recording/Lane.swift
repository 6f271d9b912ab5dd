internal import Syscalls

/// One direction of a session: holds one piece at most, so that who does not read stops who writes.
final class Lane {
    /// What became of it.
    enum Outcome: Hashable {
        /// Whoever wrote has nothing more to say, or has gone.
        case ended
        /// Whoever read has gone.
        case left
        /// What was written could not be taken.
        case failed(Errno)
    }

    let code: Cast.Code
    /// Whether it is a half of a terminal's line; else a pipe, or what a caller has in the place of one.
    let isTerminal: Bool
    private let source: CInt
    private let target: CInt
    /// What was read and is not written yet.
    private var pending: ArraySlice<UInt8> = []
    private(set) var outcome: Outcome?
    private var joiner = TextJoiner()
    /// How much more is carried of what has ended, in bytes; nil: it goes on.
    private var rest: Int?

    /// No more than a pipe takes at once when it says that it is writable: pipe(7), PIPE_BUF. So it does
    /// not matter that what the caller gave may block.
    private static let pieceMax = 4_096
    /// More than is left in a pipe or a terminal by what has ended: pipe(7), pipe-max-size.
    private static let restMax = 1 << 20

    /// - Parameter isTerminal: of pipes, both are closed when it is over.
    init(from source: CInt, to target: CInt, _ code: Cast.Code, isTerminal: Bool) {
        self.source = source
        self.target = target
        self.code = code
        self.isTerminal = isTerminal
    }

    var isOver: Bool { outcome != nil }

    /// What to wait for at either end; a negative number is passed over: poll(2).
    var interests: (source: PollEntry, target: PollEntry) {
        if !pending.isEmpty { return (PollEntry(-1, []), PollEntry(target, .writable)) }
        // That a pipe's reader has gone is told without anything to write; of a terminal's it would be told
        // again and again.
        return (PollEntry(source, .readable), PollEntry(isTerminal ? -1 : target, []))
    }

    /// Carries one piece, or a part of it, after one of its interests came true.
    ///
    /// - Parameter record: called with what a piece says, before anybody has it.
    func advance(
        _ source: PollEntry.Events, _ target: PollEntry.Events,
        _ record: (String) throws(SystemCallError) -> Void
    ) throws(SystemCallError) {
        if !pending.isEmpty {
            if target.contains(.writable) {
                write()
            } else if !target.isEmpty {
                // Nobody will ever take it.
                refuse(.left)
            }
        } else if target.contains(.failed) || target.contains(.hungUp) {
            end(.left)
        } else if !source.isEmpty {
            try readPiece(record)
        }
    }

    /// Carries what is there, and ends when there is no more: what was written to it has ended.
    func drain(_ record: (String) throws(SystemCallError) -> Void) throws(SystemCallError) {
        if isOver { return }
        if code == .input {
            // What has ended has no use for it; and a caller's descriptor may block.
            if !isTerminal { end(.left) }
            return
        }
        rest = rest ?? Self.restMax
        while !isOver && pending.isEmpty {
            // Somebody else may have what it wrote to, and say more and more.
            if rest ?? 0 < 0 { return end(.ended) }
            if try !readPiece(record) { return end(.ended) }
        }
    }

    /// - Returns: false: there is nothing to read now.
    @discardableResult
    private func readPiece(
        _ record: (String) throws(SystemCallError) -> Void
    ) throws(SystemCallError) -> Bool {
        let piece: [UInt8]
        do throws(SystemCallError) { piece = try read(upTo: Self.pieceMax, from: source) } catch {
            if error.errno == .EAGAIN { return false }
            // EIO of a terminal is its end: the other side is closed.
            end(.ended)
            return true
        }
        if piece.isEmpty {
            end(.ended)
            return true
        }
        try record(joiner.text(of: piece))
        pending = piece[...]
        // A terminal's sides do not block; of all else, poll(2) is asked first.
        if isTerminal { write() }
        rest = rest.map { $0 - piece.count }
        return true
    }

    private func write() {
        do throws(SystemCallError) {
            pending = pending.dropFirst(try Syscalls.write(someOf: Array(pending), to: target))
        } catch {
            switch error.errno {
            case .EAGAIN: return
            case .EPIPE, .EIO: refuse(.left)
            case let errno: refuse(.failed(errno))
            }
        }
    }

    /// Nobody takes what is pending.
    private func refuse(_ outcome: Outcome) {
        // What is typed at a terminal whose program has ended goes nowhere; what that has shown is read to
        // its end all the same.
        if isTerminal && code == .input { pending = [] } else { end(outcome) }
    }

    /// What was held back of a character that is not whole, at the end.
    func lastText() -> String { joiner.rest() }

    private func end(_ outcome: Outcome) {
        if isOver { return }
        self.outcome = outcome
        pending = []
        if !isTerminal { for number in [source, target] { _ = FileDescriptor(owning: number) } }
    }
}
