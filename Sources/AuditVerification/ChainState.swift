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
    /// It tells of anchors, and has no head of its own.
    static let aside: UInt8 = 2
    /// It is `audit.chain`.
    static let opening: UInt8 = 4
    /// It excuses others: `audit.gap`.
    static let excuse: UInt8 = 8
    /// It is a head that is good: no signature is due for it.
    static let head: UInt8 = 16
    /// It says how often heads are signed.
    static let cadence: UInt8 = 32
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
    /// Of heads: number of the record that is the head.
    var heads: Set<UInt64> = []
    var headsGood = 0
    var headsUnchecked = 0
    /// By the keys that signed them: how many heads, and the last record that one of them names.
    var signers: [String: AuditVerdict.Signer] = [:]
    var gaps: [Gap] = []
    var cadences: [Cadence] = []
    /// What records that begin it say of the chain before it.
    var openings: [Opening] = []
    /// Of the anchors that are good: the records that they name.
    var anchored: [UInt64] = []
    var pruned: ClosedRange<UInt64>?
    /// What is to be complete, in the order it was read.
    var steps: [Step] = []
    var stepsLeftOut = 0

    var lastSequence: UInt64 = 0
    var isAscending = true
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
    /// Copies of the first record, of which one is the true one.
    static let openingsMax = 16

    /// Numbers that an `audit.gap` has.
    struct Gap {
        var range: ClosedRange<UInt64>
        /// Of the record that says so.
        var entry: UInt32
    }

    /// How often heads are signed, as the record in this entry says.
    struct Cadence {
        var entry: UInt32
        var records: UInt32
        /// Microseconds.
        var time: Int64
    }

    /// The chain before, and its last record.
    struct Opening {
        var entry: UInt32
        var chain: String
        var sequence: UInt64
        var hash: RecordHash
    }

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
            /// The supervisor has taken over all that it could.
            case supervisorReconciled
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
