internal import CLinux

/// A socket with a name in a directory, to which others connect: unix(7). It does not block. The name
/// stays when it is closed.
public struct ListeningSocket: ~Copyable, Sendable {
    public enum Kind: Sendable {
        /// Bytes: `SOCK_STREAM`.
        case stream
        /// Packets that stay apart: `SOCK_SEQPACKET`.
        case packets
    }

    public let descriptor: FileDescriptor

    /// Binds a name that must not be there yet (`EADDRINUSE`), and listens.
    ///
    /// - Parameters:
    ///   - permissions: who may connect: those who may write it. In force before anybody can.
    ///   - backlog: connections that wait to be accepted; one more is refused with `EAGAIN`.
    public init(
        _ kind: Kind, name: String, in directory: borrowing Directory, permissions: UInt32,
        backlog: Int32
    ) throws(SystemCallError) {
        let bound = try Self.bind(kind, name: name, in: directory, permissions: permissions)
        let number = bound.number
        try checked("listen", on: name) { bh_listen(number, backlog) }
        descriptor = bound
    }

    /// Only binds: who is given the socket listens, and then `SO_PEERCRED` names that process to those
    /// who connect. The corresponding calls are socket(2) and bind(2).
    public static func bind(
        _ kind: Kind, name: String, in directory: borrowing Directory, permissions: UInt32
    ) throws(SystemCallError) -> FileDescriptor {
        let bound = FileDescriptor(
            owning: CInt(
                try checked("socket", on: "AF_UNIX") { bh_unix_socket(kind == .packets ? 1 : 0, 0) }
            ))
        let number = bound.number
        // There is no bindat(2). By way of the descriptor nobody can exchange the directory for
        // another, and the length of its path does not matter.
        let path = "/proc/thread-self/fd/\(directory.number)/\(name)"
        try checked("bind", on: name) { bh_bind_unix(number, path) }
        do { try directory.setPermissions(name, permissions) } catch {
            // Ours, made a moment ago.
            try? directory.removeFile(name)
            throw error
        }
        return bound
    }

    /// The next connection, nil where none waits. `EMFILE` and its like leave it waiting. The
    /// corresponding call is accept4(2).
    ///
    /// Of packets, take its descriptor and make a `PacketSocket` of it.
    public func accept() throws(SystemCallError) -> StreamSocket? {
        let number = descriptor.number
        do {
            return StreamSocket(
                FileDescriptor(
                    owning: CInt(
                        try checked("accept4", on: "descriptor \(number)") { bh_accept(number) })))
        } catch  where error.errno == .EAGAIN || error.errno == .ECONNABORTED { return nil }
    }
}
