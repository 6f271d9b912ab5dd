/// The names of the fields that Bulkhead writes: what a record may have beside journald's own.
/// systemd.journal-fields(7)
public enum AuditField {
    public static let message = "MESSAGE"
    public static let messageID = "MESSAGE_ID"
    public static let priority = "PRIORITY"
    public static let identifier = "SYSLOG_IDENTIFIER"
    public static let objectPID = "OBJECT_PID"

    /// Which chain a record is part of: 128 random bits, made with the ledger.
    public static let chain = "BULKHEAD_CHAIN"
    /// Its place in the chain, from 1.
    public static let sequence = "BULKHEAD_SEQ"
    /// The hash of the record before; of the first, 64 zeroes.
    public static let previous = "BULKHEAD_PREV"
    /// The hash of this record: not part of what is hashed.
    public static let hash = "BULKHEAD_HASH"
    /// journald had lost the record, and it was sent once more: not part of what is hashed.
    public static let republished = "BULKHEAD_REPUBLISHED"
    /// When it was written down: microseconds since the epoch.
    public static let at = "BULKHEAD_AT"

    public static let event = "BULKHEAD_EVENT"
    public static let project = "BULKHEAD_PROJECT"
    public static let workload = "BULKHEAD_WORKLOAD"
    public static let run = "BULKHEAD_RUN"
    public static let actor = "BULKHEAD_ACTOR"
    public static let actorUser = "BULKHEAD_ACTOR_UID"
    public static let actorGroup = "BULKHEAD_ACTOR_GID"
    public static let actorLoginUser = "BULKHEAD_ACTOR_LOGIN_UID"
    public static let actorPID = "BULKHEAD_ACTOR_PID"
    public static let actorUnit = "BULKHEAD_ACTOR_UNIT"
    public static let via = "BULKHEAD_VIA"
    public static let reason = "BULKHEAD_REASON"
    public static let result = "BULKHEAD_RESULT"
    /// What was asked for, in words.
    public static let request = "BULKHEAD_REQUEST"
    /// Of `control.profile`, `control.quota-set` and `control.schedule-strategy`: what becomes another.
    public static let change = "BULKHEAD_CHANGE"
    /// Of `control.failed`: the number of the record, in the same chain, that accepted what failed.
    public static let action = "BULKHEAD_ACTION"
    public static let limit = "BULKHEAD_LIMIT"
    public static let from = "BULKHEAD_FROM"
    public static let to = "BULKHEAD_TO"
    public static let cause = "BULKHEAD_CAUSE"
    public static let command = "BULKHEAD_COMMAND"
    /// Of `run.started`: the declared task that it is of, and whom it runs as inside of its sandbox.
    public static let task = "BULKHEAD_TASK"
    public static let runUser = "BULKHEAD_RUN_UID"
    public static let runGroup = "BULKHEAD_RUN_GID"
    /// The number of a session: of `session.opened` and `session.closed` alike.
    public static let session = "BULKHEAD_SESSION"
    /// exec, shell or attach.
    public static let sessionKind = "BULKHEAD_SESSION_KIND"
    /// Whether it is at a terminal: yes or no.
    public static let terminal = "BULKHEAD_TERMINAL"
    /// How long it was open, in microseconds.
    public static let duration = "BULKHEAD_DURATION"
    /// The file that a session is recorded in.
    public static let recording = "BULKHEAD_RECORDING"
    /// What of it: output or all.
    public static let recorded = "BULKHEAD_RECORDED"
    /// Of a recording: its size, its SHA-256 in hexadecimal digits, and whether it came to its end.
    public static let bytes = "BULKHEAD_BYTES"
    public static let sha256 = "BULKHEAD_SHA256"
    public static let isComplete = "BULKHEAD_COMPLETE"
    public static let version = "BULKHEAD_VERSION"
    /// The system call that was refused.
    public static let call = "BULKHEAD_CALL"
    public static let profile = "BULKHEAD_PROFILE"
    /// Of `sandbox.launched` and `run.started`: the isolation in force.
    public static let namespaces = "BULKHEAD_NAMESPACES"
    public static let ids = "BULKHEAD_IDS"
    public static let capabilities = "BULKHEAD_CAPABILITIES"
    public static let filter = "BULKHEAD_FILTER"
    public static let limits = "BULKHEAD_LIMITS"
    public static let root = "BULKHEAD_ROOT"
    public static let network = "BULKHEAD_NETWORK"
    public static let cgroup = "BULKHEAD_CGROUP"
    /// How many of it are told of at once.
    public static let count = "BULKHEAD_COUNT"

    /// Of `audit.head`: what was signed, and how.
    public static let headSequence = "BULKHEAD_HEAD_SEQ"
    public static let headHash = "BULKHEAD_HEAD_HASH"
    public static let headKey = "BULKHEAD_HEAD_KEY"
    public static let signature = "BULKHEAD_SIGNATURE"
    /// Of `audit.head`, `supervisor.started` and `configuration.applied`: how many records at most stay
    /// unsigned, and how long at most, in microseconds.
    public static let signEveryRecords = "BULKHEAD_SIGN_EVERY_RECORDS"
    public static let signEvery = "BULKHEAD_SIGN_EVERY"
    /// Of `audit.key`: the key that signed before.
    public static let oldKey = "BULKHEAD_OLD_KEY"
    /// Of `audit.gap` and `audit.pruned`: the numbers it is about, as `AuditRanges` has them.
    public static let range = "BULKHEAD_RANGE"
    /// Of `audit.pruned`: the hash of the last that was taken out, and how many of which event.
    public static let prunedHash = "BULKHEAD_PRUNED_HASH"
    public static let prunedEvents = "BULKHEAD_PRUNED_EVENTS"
    /// Of `audit.pruned`: those of them that journald is not known to have.
    public static let prunedUnseen = "BULKHEAD_PRUNED_UNSEEN"
    /// Of `audit.chain`: which chain came before in this machine's journal, and its last record there.
    public static let oldChain = "BULKHEAD_OLD_CHAIN"
    public static let oldSequence = "BULKHEAD_OLD_SEQ"
    public static let oldHash = "BULKHEAD_OLD_HASH"

    /// Whether a field is part of what is hashed: all that we write is, but for what tells of the hash
    /// and of the sending.
    ///
    /// - Parameter name: of a journal entry.
    public static func isChained(_ name: String) -> Bool {
        switch name {
        case hash, republished: false
        case message, messageID, priority, identifier, objectPID: true
        default: name.hasPrefix("BULKHEAD_")
        }
    }
}
