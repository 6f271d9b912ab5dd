internal import EventLoop
internal import Syscalls

/// A connection of somebody who may not call: what they wanted is read, within narrow bounds, so that it can be
/// recorded; then they are told, and the connection ends. Descriptors that come along are closed at once.
final class Stranger {
    unowned let server: VarlinkServer
    let number: Int
    let peer: Peer
    /// By when it is over; CLOCK_MONOTONIC in microseconds.
    let deadline: Int64

    /// Nil when it is over.
    private var socket: StreamSocket?
    private var source: DescriptorSource?
    private var bytes: [UInt8] = []

    init(
        _ socket: consuming StreamSocket, number: Int, peer: Peer, server: VarlinkServer
    ) throws(SystemCallError) {
        self.number = number
        self.peer = peer
        self.server = server
        deadline = server.loop.now + server.limits.strangerTimeout
        let descriptor = socket.descriptor.number
        self.socket = consume socket
        source = try server.loop.watch(descriptor, for: .readable) { [unowned self] _ in
            read()
        }
    }

    private func read() {
        let room = server.limits.strangerBytesMax - bytes.count
        do throws(SystemCallError) {
            guard let piece = try socket?.receive(upTo: room) else { return }
            if let end = piece.bytes.firstIndex(of: 0) {
                bytes += piece.bytes[..<end]
                return finish(wanting: Request(parsing: bytes[...])?.method)
            }
            bytes += piece.bytes
            if !piece.bytes.isEmpty && piece.bytes.count < room { return }
        } catch {}
        finish(wanting: nil)
    }

    /// - Parameter method: what they asked for; nil where that is not known.
    func finish(wanting method: String?) {
        guard let socket = socket.take() else { return }
        source?.cancel()
        source = nil
        server.turnAway(socket, peer, wanting: method)
        server.forget(self)
    }
}
