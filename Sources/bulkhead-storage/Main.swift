internal import Overlays
internal import Plan
internal import Syscalls
internal import Trees
internal import Volumes

/// Works on the storage of a project for bulkheadd, which has no time for it: reads or carries over what the
/// project changed, copies it and puts copies back.
///
/// Descriptor 3 is where the answer goes. As soon as nobody reads there, it gives up; it may also be
/// killed at any moment: what it does, it does so that the next one can go on.
@main
struct BulkheadStorage {
    private static let output: CInt = 3

    static func main() { endProgram(run()) }

    private static func run() -> Int32 {
        // Modes are given exactly.
        setFileModeMask(0)
        do {
            let order = try StorageOrder(parsing: Array(CommandLine.arguments.dropFirst()))
            if order.verb == .diff { return tellDifferences(order) }
            do {
                try answer(try StorageWork(order, pause: giveUpIfAlone).run())
                return 0
            } catch let error as any Diagnosable {
                try answer(Answer.failure(error))
                return 1
            }
        } catch {
            complain(error)
            return 1
        }
    }

    private static func answer(_ text: String) throws {
        try write(allOf: Array(text.utf8), to: output)
    }

    private static func complain(_ error: any Error) {
        let text = (error as? any Diagnosable)?.message ?? "\(error)"
        // Nobody is left to tell it.
        try? write(allOf: Array("bulkhead-storage: \(printable(text))\n".utf8), to: 2)
    }

    /// Throws when nobody waits for the answer any more: poll(2), `POLLERR` of a pipe.
    private static func giveUpIfAlone() throws(OverlayError) {
        var entries = [PollEntry(output, [])]
        // A poll that fails says nothing.
        guard (try? poll(&entries, timeoutMilliseconds: 0)) != nil else { return }
        if entries[0].occurred != [] { throw .abandoned }
    }

    // MARK: Differences

    private static func tellDifferences(_ order: StorageOrder) -> Int32 {
        let stream = ReplyStream(StreamSocket(FileDescriptor(owning: output)))
        do {
            let volume = order.volume
            try OverlayDifference(upper: volume.upper, lower: volume.path).tell {
                change throws(OverlayError) in
                if try !stream.send(Answer.change(change)) { throw .abandoned }
            }
            _ = try stream.send(Answer.end)
            return 0
        } catch OverlayError.abandoned {
            return 0
        } catch let error as any Diagnosable {
            // Where the socket is what failed, nobody is there to be told.
            _ = try? stream.send(Answer.failedReply(error))
            return 1
        } catch {
            complain(error)
            return 1
        }
    }
}

/// Replies to a caller who may read slowly: this is a process of its own, and nobody waits for it.
struct ReplyStream: ~Copyable {
    private let socket: StreamSocket

    init(_ socket: consuming StreamSocket) { self.socket = socket }

    /// False where nobody reads any more.
    func send(_ reply: [UInt8]) throws(OverlayError) -> Bool {
        var rest = reply[...]
        while !rest.isEmpty {
            do throws(SystemCallError) {
                rest = rest.dropFirst(try socket.send(rest))
                if rest.isEmpty { break }
                var entries = [PollEntry(socket.descriptor.number, .writable)]
                try poll(&entries, timeoutMilliseconds: nil)
                if !entries[0].occurred.isDisjoint(with: [.hungUp, .failed]) { return false }
            } catch {
                if error.errno == .EPIPE || error.errno == .ECONNRESET { return false }
                throw .system(path: TreePath(), error)
            }
        }
        return true
    }
}
