/// A record that is as it was written: what it says hashes to what it says its hash is.
struct RecordFact {
    var sequence: UInt64
    var hash: RecordHash
    var previous: RecordHash
    var at: Int64
    var entry: UInt32
    /// Of whom journald had it; 0: not known.
    var pid: UInt32
    var unit: UInt16
    var marks: UInt8

    /// Sent once more, as journald had lost it.
    static let republished: UInt8 = 1
    /// Sent once more right after the supervisor had started.
    static let afterStart: UInt8 = 2
    /// It is `audit.chain`.
    static let opening: UInt8 = 4
}

/// A record, or something like one, that is not as it was written.
struct UnsoundRecord {
    /// Index of the chain that it names; nil where it names none.
    var chain: Int?
    var sequence: UInt64?
    var claimed: RecordHash?
    var computed: RecordHash
    var entry: UInt32
    var realtime: Int64
    var why: String
}

/// What has been read of one chain.
final class ChainState {
    let id: String
    var facts: [RecordFact] = []
    /// What something signed says of a number, and whether that was checked.
    var certificates: [UInt64: RecordHash] = [:]
    /// Of heads: number of the record that is the head, by the entry it is in.
    var headsGood = 0
    var headsUnchecked = 0
    var gaps: [ClosedRange<UInt64>] = []
    var pruned: ClosedRange<UInt64>?
    /// What is to be complete, in the order it was read.
    var steps: [Step] = []
    var stepsLeftOut = 0

    var lastSequence: UInt64 = 0
    var isAscending = true
    var isJustStarted = false
    var firstEntry: UInt32 = 0
    var lastEntry: UInt32 = 0

    var boot: UInt16 = NameTable.beyond
    var bootsLeft: Set<UInt16> = []
    var machine: UInt16 = NameTable.beyond
    var units: Set<UInt16> = []
    /// Numbers that more than one record has, once that was looked for.
    var copies: Set<UInt64>?

    init(id: String) { self.id = id }

    static let stepsMax = 4_000_000
    /// More heads than that vouch for nothing that the others do not.
    static let certificatesMax = 1_000_000
    static let gapsMax = 100_000

    /// Something that begins, ends or changes.
    struct Step {
        enum Kind: UInt8 {
            case runStarted
            case runEnded
            case sandboxLaunched
            case sandboxEnded
            case sandboxAdopted
            case quotaChanged
            case quotaLost
            case supervisorStarted
        }

        var sequence: UInt64
        /// The run, or the hash of the value before.
        var number: UInt64
        /// The hash of the value after.
        var to: UInt64
        var entry: UInt32
        /// Project, or project and limit.
        var subject: UInt16
        var kind: Kind
    }
}
