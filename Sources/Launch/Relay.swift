internal import Syscalls

/// Carries bytes from one descriptor to another, never holding more than one piece: who does not
/// read stops who writes.
final class Relay {
    /// Which side is ours to close when there is nothing more to carry.
    enum Owned { case source, target, neither }

    private let source: CInt
    private let target: CInt
    private let owned: Owned
    private var pending: ArraySlice<UInt8> = []
    private var sourceEnded = false
    private(set) var isOver = false
    /// Whether the source was a terminal that went away.
    private(set) var lostSource = false

    /// A pipe that is writable takes this much without blocking: pipe(7), PIPE_BUF.
    private static let pieceMax = 4_096

    init(from source: CInt, to target: CInt, closes owned: Owned) {
        self.source = source
        self.target = target
        self.owned = owned
    }

    deinit { if !isOver { close() } }

    /// Whether it carries towards the sandbox.
    var isInput: Bool { source == 0 }

    /// What to wait for.
    var interest: PollEntry? {
        if isOver { return nil }
        return pending.isEmpty ? PollEntry(source, .readable) : PollEntry(target, .writable)
    }

    /// Carries one piece after its interest came true.
    func advance(_ occurred: PollEntry.Events) {
        if isOver || occurred.isEmpty { return }
        do throws(SystemCallError) {
            if pending.isEmpty {
                let piece = try readPiece()
                if piece.isEmpty { return end() }
                pending = piece[...]
            } else {
                if occurred.contains(.failed) { return end() }
                try write(allOf: Array(pending), to: target)
                pending = []
            }
        } catch {
            // EIO of a terminal is its end: the other side is closed, or the line was hung up.
            if pending.isEmpty && error.errno == .EIO { lostSource = true }
            end()
        }
    }

    private func readPiece() throws(SystemCallError) -> [UInt8] {
        // Borrowed: whose it is says `owned`.
        let borrowed = FileDescriptor(owning: source)
        do throws(SystemCallError) {
            let piece = try borrowed.read(upTo: Relay.pieceMax)
            _ = borrowed.release()
            return piece
        } catch {
            _ = borrowed.release()
            throw error
        }
    }

    /// Nothing more will come, or nobody takes it.
    func end() {
        if isOver { return }
        isOver = true
        close()
    }

    private func close() {
        switch owned {
        case .source: _ = FileDescriptor(owning: source)
        case .target: _ = FileDescriptor(owning: target)
        case .neither: break
        }
    }
}
