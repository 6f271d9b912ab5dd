public import JSONTree
public import Plan
internal import Syscalls

/// A connection to a Varlink service, for a program that has nothing else to do than to wait for the
/// reply: varlink.org. A call is one write and one read.
public final class VarlinkClient {
    /// One reply to a call.
    public struct Reply {
        public let parameters: JSON
        /// Others follow.
        public let continues: Bool
        /// Closed with the reply unless taken.
        public let descriptors: [PassedDescriptor]
    }

    /// Bytes of a reply. Larger than any that is sent; it bounds what a confused service costs.
    public static let replyMax = 16 << 20

    /// And values in it: a list of many projects with all of their services.
    private static let valuesMax = 1 << 20
    /// A hundred years.
    private static let timeoutMax: UInt64 = 3_155_760_000_000

    private let socket: StreamSocket
    private var decoder = FrameDecoder(
        messageMax: replyMax, descriptorsMax: StreamSocket.descriptorsMax)
    private let path: String

    /// Connects to the socket at `path`.
    public init(connectingTo path: String) throws(VarlinkClientError) {
        self.path = path
        do throws(SystemCallError) { socket = try StreamSocket(connectingTo: path) } catch {
            throw .notConnected(path, error)
        }
    }

    /// To wait with poll(2) for a reply and for something else; see `replyIfThere()`.
    public var descriptor: CInt { socket.descriptor.number }

    // MARK: Calls

    /// Calls a method and returns its reply. A failure that the service tells is
    /// `VarlinkClientError.refused`.
    ///
    /// - Parameters:
    ///   - descriptors: copies go along.
    ///   - timeout: for the whole of it, from now; nil: as long as it takes.
    public func call(
        _ method: String, _ parameters: JSON = [:], descriptors: [CInt] = [],
        timeout: Milliseconds? = nil
    ) throws(VarlinkClientError) -> Reply {
        try send(method, parameters, flag: nil, descriptors: descriptors)
        return try reply(timeout: timeout)
    }

    /// Calls a method for several replies: take them with `reply(timeout:)`, until one does not continue.
    public func callForMore(
        _ method: String, _ parameters: JSON = [:], descriptors: [CInt] = []
    ) throws(VarlinkClientError) {
        try send(method, parameters, flag: "more", descriptors: descriptors)
    }

    /// Calls a method and wants no reply.
    public func callOneway(
        _ method: String, _ parameters: JSON = [:], descriptors: [CInt] = []
    ) throws(VarlinkClientError) {
        try send(method, parameters, flag: "oneway", descriptors: descriptors)
    }

    /// Waits for the next reply to what was called.
    public func reply(timeout: Milliseconds? = nil) throws(VarlinkClientError) -> Reply {
        let deadline = timeout.map {
            monotonicMicroseconds() + Int64(min($0.count, Self.timeoutMax)) * 1_000
        }
        while true {
            if let reply = try decoded() { return reply }
            if let deadline { try wait(until: deadline) }
            try receive()
        }
    }

    /// The next reply without waiting; nil where it is not there whole.
    public func replyIfThere() throws(VarlinkClientError) -> Reply? {
        while true {
            if let reply = try decoded() { return reply }
            var entries = [PollEntry(descriptor, .readable)]
            do throws(SystemCallError) { try poll(&entries, timeoutMilliseconds: 0) } catch {
                throw .failed(path, error)
            }
            if entries[0].occurred.isEmpty { return nil }
            try receive()
        }
    }

    // MARK: Messages

    private func send(
        _ method: String, _ parameters: JSON, flag: StaticString?, descriptors: [CInt]
    ) throws(VarlinkClientError) {
        var bytes = Array("{\"method\":".utf8)
        JSON.string(method).encode(to: &bytes)
        if let flag {
            bytes += ",\"\(flag)\":true".utf8
        }
        bytes += ",\"parameters\":".utf8
        parameters.encode(to: &bytes)
        bytes += "}\0".utf8
        var rest = bytes[...]
        var passed = descriptors
        do throws(SystemCallError) {
            while !rest.isEmpty {
                rest.removeFirst(try socket.send(rest, with: passed))
                passed = []
            }
        } catch  where error.errno == .EPIPE || error.errno == .ECONNRESET {
            // The service has hung up, perhaps after it said why: the reply that is waited for next is
            // that, or the end.
        } catch {
            throw .failed(path, error)
        }
    }

    private func wait(until deadline: Int64) throws(VarlinkClientError) {
        var entries = [PollEntry(descriptor, .readable)]
        while true {
            let left = deadline - monotonicMicroseconds()
            if left <= 0 { throw .timedOut(path) }
            do throws(SystemCallError) {
                try poll(&entries, timeoutMilliseconds: (left + 999) / 1_000)
            } catch { throw .failed(path, error) }
            if !entries[0].occurred.isEmpty { return }
        }
    }

    private func receive() throws(VarlinkClientError) {
        do throws(SystemCallError) {
            guard var piece = try socket.receive(upTo: 65_536) else { return }
            if piece.bytes.isEmpty { throw SystemCallError("recvmsg", on: path, .ECONNRESET) }
            let passed = piece.takeDescriptors().map {
                PassedDescriptor(FileDescriptor(owning: $0))
            }
            decoder.append(piece.bytes, with: passed)
        } catch  where error.errno == .ECONNRESET {
            throw .hungUp(path)
        } catch {
            throw .failed(path, error)
        }
    }

    private func decoded() throws(VarlinkClientError) -> Reply? {
        let frame: FrameDecoder.Frame?
        do { frame = try decoder.next() } catch {
            throw .notUnderstood(path, "a message longer than \(error.max) bytes")
        }
        guard let frame else { return nil }
        let value: JSON
        do throws(JSONError) {
            value = try JSON(parsing: frame.bytes, valuesMax: Self.valuesMax)
        } catch {
            throw .notUnderstood(path, error.message)
        }
        guard case .object = value else { throw .notUnderstood(path, value.kind) }
        let parameters = value["parameters"] ?? [:]
        if let name = value["error"]?.string { throw .refused(VarlinkError(name, parameters)) }
        return Reply(
            parameters: parameters, continues: value["continues"]?.bool ?? false,
            descriptors: frame.descriptors)
    }
}
