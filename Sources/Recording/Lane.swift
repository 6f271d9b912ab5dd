internal import Syscalls

/// One direction of a session: holds one piece at most, so that who does not read stops who writes.
final class Lane {
    let code: Cast.Code
    private let source: CInt
    private let target: CInt
    private let isOwner: Bool
    /// What was read and is not written yet.
    var pending: ArraySlice<UInt8> = []
    private(set) var isOver = false
    private var joiner = TextJoiner()

    /// No more than a pipe takes at once when it says that it is writable: pipe(7), PIPE_BUF. So it does
    /// not matter whether the caller's blocks.
    private static let pieceMax = 4_096

    /// - Parameter isOwner: whether it closes both when it is over.
    init(from source: CInt, to target: CInt, _ code: Cast.Code, owns isOwner: Bool) {
        self.source = source
        self.target = target
        self.code = code
        self.isOwner = isOwner
    }

    var interest: PollEntry {
        pending.isEmpty ? PollEntry(source, .readable) : PollEntry(target, .writable)
    }

    /// The next piece; empty at the end, nil where there is none yet.
    func read() -> [UInt8]? {
        do throws(SystemCallError) {
            return try Syscalls.read(upTo: Self.pieceMax, from: source)
        } catch {
            // EIO of a terminal is its end: the other side is closed.
            return error.errno == .EAGAIN ? nil : []
        }
    }

    /// Writes as much as there is room for.
    func write() {
        do throws(SystemCallError) {
            pending = pending.dropFirst(try Syscalls.write(someOf: Array(pending), to: target))
        } catch {
            // Whoever read it has gone: then there is nothing to carry.
            if error.errno != .EAGAIN { end() }
        }
    }

    func text(of piece: [UInt8]) -> String { joiner.text(of: piece) }
    func rest() -> String { joiner.rest() }

    func end() {
        if isOver { return }
        isOver = true
        pending = []
        if isOwner { for number in [source, target] { _ = FileDescriptor(owning: number) } }
    }
}
