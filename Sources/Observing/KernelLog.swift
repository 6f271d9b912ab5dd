public import Cgroups
internal import Plan
internal import Syscalls

/// The kernel's log, read for whom it killed and why: what counters only count, it names.
///
/// One reader for all sandboxes, woken by the kernel when there is more. What it found is kept for the
/// accounts of the runs that it is about, the last `keptMax` of each kind.
public final class KernelLog {
    private let log: FileDescriptor
    private var outOfMemory: [(number: UInt64, kill: OutOfMemoryKill)] = []
    private var seccomp: [(number: UInt64, kill: SeccompKill)] = []
    /// Who is about to be killed, and where that is.
    private var chosen: (hostPID: Int32, cgroup: String)?
    /// How many were found so far: what comes later has higher numbers.
    public private(set) var mark: UInt64 = 0

    static let keptMax = 256
    /// Records that are read before others get their turn: a flood costs us no more.
    private static let recordsMax = 2_000
    /// A record is refused where it does not fit; the kernel's own bound, PRINTKRB_RECORD_MAX, is less.
    private static let recordSizeMax = 8_192

    /// Nil where the log is not there or not ours to read; causes are less precise then. What is in it
    /// already is read too: runs may have ended while no supervisor was there.
    public init?() {
        guard let opened = try? open("/dev/kmsg", [.readOnly, .nonBlocking]) else { return nil }
        log = consume opened
    }

    /// Readable when there is more.
    public var descriptor: CInt { log.number }

    /// Takes what has come.
    public func read() {
        for _ in 0..<Self.recordsMax {
            do throws(SystemCallError) {
                take(String(decoding: try log.read(upTo: Self.recordSizeMax), as: UTF8.self))
            } catch {
                // EPIPE: records were overwritten before they were read, the next read goes on behind
                // them. EAGAIN: that was all.
                if error.errno != .EPIPE { return }
            }
        }
    }

    private func take(_ record: String) {
        if let place = OutOfMemoryKill.place(record: record) {
            chosen = place
            return
        }
        if var kill = OutOfMemoryKill(record: record) {
            // Of others that die with the chosen one (memory.oom.group) nothing is said.
            if let chosen, chosen.hostPID == kill.hostPID { kill.cgroup = chosen.cgroup }
            mark += 1
            outOfMemory.append((mark, kill))
            if outOfMemory.count > Self.keptMax { outOfMemory.removeFirst() }
            return
        }
        guard let text = Self.kernelText(of: record), let kill = SeccompKill(text: text) else {
            return
        }
        mark += 1
        seccomp.append((mark, kill))
        if seccomp.count > Self.keptMax { seccomp.removeFirst() }
    }

    /// What the kernel said in a record of Documentation/ABI/testing/dev-kmsg; nil where somebody else
    /// wrote it.
    static func kernelText(of record: String) -> Substring? {
        guard let semicolon = record.firstIndex(of: ";") else { return nil }
        let digits = record.prefix { $0 != "," }
        guard let priority = UInt32(digits), priority >> 3 == 0 else { return nil }
        return record[record.index(after: semicolon)...].prefix { $0 != "\n" }
    }

    /// Who was killed for want of memory since `mark` was so.
    public func kills(since mark: UInt64) -> [OutOfMemoryKill] {
        outOfMemory.filter { $0.number > mark }.map(\.kill)
    }

    public func seccompKill(ofProcess pid: Int32, since mark: UInt64) -> SeccompKill? {
        seccomp.last { $0.number > mark && $0.kill.hostPID == pid }?.kill
    }
}
