/// Something about a trail that is not as it should be, and where.
public struct AuditFinding: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// What is hashed is not what the record was written with.
        case altered
        /// Numbers between others that no record has.
        case missing
        /// A record that nothing leads to.
        case inserted
        /// A record that stands after one that was written later.
        case reordered
        /// The end is not the end: something signed names a later record.
        case cutOff = "cut-off"
        /// The same record more than once.
        case twice
        /// Different records with the same number.
        case forked
        /// Another chain without a record that begins it.
        case chainReplaced = "chain-replaced"
        /// A signature that is not what it should be, or that belongs elsewhere.
        case headForged = "head-forged"
        /// Written by another process than bulkheadd, as journald saw it.
        case forged
        /// Boots or machines that do not follow one another.
        case spliced
        /// No signature vouches for it, though by now one should.
        case unsigned
        /// What began has no end, or what is in force has no change that made it so.
        case incomplete
    }

    public let kind: Kind
    /// Empty: of no chain that can be told.
    public let chain: String
    /// The numbers it is about; nil where there is none that can be told.
    public let range: ClosedRange<UInt64>?
    /// Which entry of the source it is, from 1; 0 where there is none.
    public let entry: UInt64
    /// Microseconds since the epoch; 0 where that is not known.
    public let at: Int64
    /// What was found and what it means, in one line; parts of it may come from anywhere.
    public let text: String
}

/// What a trail looks like after all of it was read.
public struct AuditVerdict: Sendable {
    /// A key that heads are signed with.
    public struct Signer: Hashable, Sendable {
        public let key: String
        /// How many of its heads are good, and the last record that one of them names.
        public internal(set) var heads: Int
        public internal(set) var to: UInt64
    }

    public struct Chain: Hashable, Sendable {
        public let id: String
        /// How many different records are as they were written.
        public let records: UInt64
        public let range: ClosedRange<UInt64>
        /// When the first and the last were written: microseconds since the epoch.
        public let from: Int64
        public let to: Int64
        public let headsGood: Int
        public let headsUnchecked: Int
        /// The last record that something signed vouches for; nil: none, or no key to check it with.
        public let signedTo: UInt64?
        /// By their numbers.
        public let signers: [Signer]
        /// Runs and sandboxes that have begun and not ended, in words.
        public let open: [String]
    }

    public let chains: [Chain]
    /// By chain, then in the order of numbers.
    public let findings: [AuditFinding]
    /// How many more there are than are kept.
    public let findingsLeftOut: Int
    /// What is worth knowing and no fault.
    public let notes: [String]
    public let entries: UInt64
    public let anchorsGood: Int
    /// The numbers of the public keys; empty: signatures were not checked.
    public let keys: [String]
    /// Of the entries of other chains than the one that was asked for, some chains.
    public let otherChains: [String]

    /// Where there is nothing to verify, nothing is clean.
    public var isClean: Bool { findings.isEmpty && findingsLeftOut == 0 && !isEmpty }
    /// There is no record, and nothing that says that one should be there.
    public var isEmpty: Bool { chains.isEmpty && findings.isEmpty && findingsLeftOut == 0 }
}

/// A public key, as the verifier needs it.
public struct AuditKey {
    /// The first 16 digits of its SHA-256.
    public let id: String
    public let verifies: (_ signature: [UInt8], _ message: [UInt8]) -> Bool

    public init(id: String, verifies: @escaping (_ signature: [UInt8], _ message: [UInt8]) -> Bool)
    {
        self.id = id
        self.verifies = verifies
    }
}
