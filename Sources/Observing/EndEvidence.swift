public import Cgroups
public import Plan

/// Everything that is known of a run that has ended, gathered before its cgroup goes.
public struct EndEvidence: Sendable {
    /// A signal that somebody had Bulkhead send.
    public struct SentSignal: Hashable, Sendable {
        public var number: UInt8
        public var actor: UInt32

        public init(number: UInt8, actor: UInt32) {
            self.number = number
            self.actor = actor
        }
    }

    public var project: ProjectName
    public var workload: WorkloadName
    public var kind: RunRow.Kind
    public var run: RunID
    public var end: RunEnd
    /// What was run, where that was said on the spot and stands in no configuration.
    public var command: [String]?
    /// Of its first process, on the host.
    public var pid: Int32?
    /// Where it was ended, and not by itself.
    public var stop: StopOrder?
    public var sent: SentSignal?
    public var leaf = LeafEvidence()
    /// As init saw them.
    public var killed: [RunEvidence.KilledProcess] = []
    /// What the kernel's log says of the sandbox's users since the run began.
    public var logged: [OutOfMemoryKill] = []
    /// Of its first process.
    public var denied: SeccompKill?
    /// The name of the call that it was killed for.
    public var deniedCall: String?
    public var profile: String?
    /// How much of the project's storage is used; nil where it has no limit.
    public var disk: DiskUsage?
    /// The same when the run wrote that it had no room, and that was so.
    public var diskMet: DiskUsage?
    /// Whether the storage has as many inodes as it was made with: more of them take a larger one.
    public var hasFixedInodes = false
    /// The last that it wrote, oldest first.
    public var log: [String] = []
    /// Why its sandbox is gone, of one that was lost.
    public var lossReason = ""
    /// Who the users in it are, as far as their names are known.
    public var userNames: [UInt32: String] = [:]

    public init(
        _ run: RunID, _ project: ProjectName, _ workload: WorkloadName, _ kind: RunRow.Kind,
        _ end: RunEnd
    ) {
        self.run = run
        self.project = project
        self.workload = workload
        self.kind = kind
        self.end = end
    }

    /// `shop/web`.
    var place: String { "\(project)/\(workload)" }
}

/// The last lines of what a run wrote; the first is left out where it was cut.
public func lastLines(of text: [UInt8]) -> [String] {
    var lines = text.split(separator: UInt8(ascii: "\n")).map {
        printable(String(decoding: $0.prefix(lineBytesMax), as: UTF8.self))
    }
    if lines.count > 1, text.count >= tailBytes { lines.removeFirst() }
    return lines.suffix(RunAccount.logMax)
}

/// As much as init keeps.
private let tailBytes = 2_048
/// A line or two of a terminal.
private let lineBytesMax = 200
