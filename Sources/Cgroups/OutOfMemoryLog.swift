internal import Syscalls

/// The kernel's log from the moment this is made, read for the processes it killed for want of
/// memory. memory.events counts them, and only the log names them.
///
/// A position in the log is taken instead of a time: the records' clock runs apart from every clock
/// that a process can read.
public struct OutOfMemoryLog: ~Copyable, Sendable {
    private let log: FileDescriptor

    /// Nil where the log is not there or not ours to read; causes are less precise then.
    public init?() {
        guard let opened = try? open("/dev/kmsg", [.readOnly, .nonBlocking]),
            (try? opened.seekToEnd()) != nil
        else { return nil }
        log = consume opened
    }

    /// What was killed since it was last asked, of the users in `users` (of the initial namespace).
    ///
    /// - Parameter expected: how many kills memory.events has counted. The counter is first, the
    ///   record follows within microseconds: it is waited for, but never longer than 50 ms, for the
    ///   kernel may leave records out (kernel.printk_ratelimit).
    public mutating func kills(
        users: ClosedRange<UInt32>, expected: UInt64
    ) -> [OutOfMemoryKill] {
        var found: [OutOfMemoryKill] = []
        for _ in 0..<10 {
            found += newKills().filter { users.contains($0.user) }
            if UInt64(found.count) >= expected { break }
            sleep(milliseconds: 5)
        }
        return found
    }

    private func newKills() -> [OutOfMemoryKill] {
        var found: [OutOfMemoryKill] = []
        // More than any log holds, so that a log that grows as fast as it is read comes to an end.
        for _ in 0..<100_000 {
            do throws(SystemCallError) {
                let record = String(decoding: try log.read(upTo: recordSizeMax), as: UTF8.self)
                if let kill = OutOfMemoryKill(record: record) { found.append(kill) }
            } catch {
                // EPIPE: records were overwritten before they were read, the next read goes on behind
                // them. EAGAIN: that was all.
                if error.errno != .EPIPE { break }
            }
        }
        return found
    }
}

/// A record is refused where it does not fit; the kernel's own bound is PRINTKRB_RECORD_MAX, below this.
private let recordSizeMax = 8_192
