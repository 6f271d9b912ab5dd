public import Syscalls

/// Reads the lines that a request means and writes them to a socket as replies, until nothing is left
/// or nobody reads.
///
/// A slow reader is waited for: this is a process of its own, and nobody waits for it.
public struct LogStream: ~Copyable {
    private let request: LogRequest
    private let socket: StreamSocket

    /// - Parameter socket: connected; whether it blocks makes no difference.
    public init(_ request: LogRequest, to socket: consuming StreamSocket) {
        self.request = request
        self.socket = socket
    }

    /// Does it all. What fails is told to the reader, and thrown.
    public func run() throws(LogReadingError) {
        do throws(LogReadingError) {
            let journal = try JournalReader()
            if !journal.hasFiles { throw .noJournal }
            try journal.select(request)
            if try copy(journal) { try write(LogReply.end) }
        } catch {
            tell(error)
            throw error
        }
    }

    /// Ends the stream with this failure.
    public func tell(_ error: LogReadingError) {
        // Where the socket is what failed, nobody is there to be told.
        _ = try? write(LogReply.failure(error))
    }

    /// False as soon as nobody reads.
    private func copy(_ journal: borrowing JournalReader) throws(LogReadingError) -> Bool {
        if let first = try firstLine(journal), try !write(LogReply.line(first)) { return false }
        while true {
            while try journal.next() {
                if let line = journal.line(for: request), try !write(LogReply.line(line)) {
                    return false
                }
            }
            if !request.follow { return true }
            if try !wait(for: journal) { return false }
        }
    }

    /// Goes to where reading forward begins; the line there, where it is at one already.
    private func firstLine(
        _ journal: borrowing JournalReader
    ) throws(LogReadingError) -> LogLine? {
        guard let count = request.lines else {
            if let since = request.since {
                try journal.seek(to: since)
            } else {
                try journal.seekHead()
            }
            return nil
        }
        try journal.seekTail()
        var line: LogLine?
        var passed = 0
        // For no line at all to the last one, from where the new ones are next.
        while passed < max(count, 1) {
            // Whoever stays at the tail finds no entry after it, however many come.
            guard try journal.previous() else {
                try journal.seekHead()
                return nil
            }
            if let since = request.since, let time = journal.time, time < since { return nil }
            line = journal.line(for: request)
            if line != nil { passed += 1 }
        }
        return count == 0 ? nil : line
    }

    /// Waits for more entries; false where the reader went away meanwhile.
    private func wait(for journal: borrowing JournalReader) throws(LogReadingError) -> Bool {
        let (entry, timeout) = try journal.awaited()
        let entries = try poll([entry, PollEntry(socket.descriptor.number, [])], timeout)
        if entries[1].occurred != [] { return false }
        try journal.process()
        return true
    }

    /// False where nobody reads any more.
    @discardableResult
    private func write(_ reply: [UInt8]) throws(LogReadingError) -> Bool {
        var rest = reply[...]
        while !rest.isEmpty {
            do throws(SystemCallError) { rest = rest.dropFirst(try socket.send(rest)) } catch {
                if error.errno == .EPIPE || error.errno == .ECONNRESET { return false }
                throw .system(error)
            }
            if rest.isEmpty { break }
            let entries = try poll([PollEntry(socket.descriptor.number, .writable)], nil)
            if !entries[0].occurred.isDisjoint(with: [.hungUp, .failed]) { return false }
        }
        return true
    }

    private func poll(
        _ entries: [PollEntry], _ timeout: Int64?
    ) throws(LogReadingError) -> [PollEntry] {
        var entries = entries
        do throws(SystemCallError) {
            try Syscalls.poll(&entries, timeoutMilliseconds: timeout)
        } catch { throw .system(error) }
        return entries
    }
}
