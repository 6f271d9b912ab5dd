public import Syscalls

/// Carries bytes from one descriptor to another, never holding more than one piece: who does not
/// read stops who writes.
///
/// Neither side may make us wait: what poll(2) said can be untrue a moment later (a terminal that is
/// flushed, a terminal that takes less than a piece), and whoever waits keeps no time and hears no
/// signal. So both descriptors do not block, or are files.
public final class Relay {
    private let source: CInt
    private let target: CInt
    private let owned: [CInt]
    private var pending: ArraySlice<UInt8> = []
    public private(set) var isOver = false
    /// Whether the source was a terminal that went away.
    public private(set) var lostSource = false
    /// Whether it carries towards the sandbox.
    public let isInput: Bool
    /// The key that leaves a terminal: what follows it is not carried. Nil: all is.
    public var leaveKey: UInt8?
    /// Whether that key was met.
    public private(set) var isLeft = false

    private static let pieceMax = 4_096

    /// - Parameter owned: what is closed when there is nothing more to carry.
    init(from source: CInt, to target: CInt, isInput: Bool, closes owned: [CInt]) {
        self.source = source
        self.target = target
        self.isInput = isInput
        self.owned = owned
    }

    deinit { if !isOver { close() } }

    /// What to wait for.
    public var interest: PollEntry? {
        if isOver { return nil }
        return pending.isEmpty ? PollEntry(source, .readable) : PollEntry(target, .writable)
    }

    /// Carries one piece, or a part of it, after its interest came true.
    public func advance(_ occurred: PollEntry.Events) {
        if isOver || occurred.isEmpty { return }
        do throws(SystemCallError) {
            if pending.isEmpty {
                let piece = try read(upTo: Relay.pieceMax, from: source)
                if piece.isEmpty { return end() }
                pending = piece[...]
                if let leaveKey, let index = piece.firstIndex(of: leaveKey) {
                    isLeft = true
                    pending = []
                    // As far as there is room: who leaves does not wait for a reader.
                    _ = try write(someOf: Array(piece[..<index]), to: target)
                }
            } else {
                if occurred.contains(.failed) { return end() }
                pending = pending.dropFirst(try write(someOf: Array(pending), to: target))
            }
        } catch {
            if error.errno == .EAGAIN { return }
            // EIO of a terminal is its end: the other side is closed, or the line was hung up.
            if pending.isEmpty && error.errno == .EIO { lostSource = true }
            end()
        }
    }

    /// Nothing more will come, or nobody takes it.
    public func end() {
        if isOver { return }
        isOver = true
        close()
    }

    private func close() {
        for number in owned { _ = FileDescriptor(owning: number) }
    }
}
