public import Audit
internal import Plan

/// An entry of the journal that says it is a record of the audit trail, with what is to be thought of it.
public struct AuditEvent: Hashable, Sendable {
    /// The word of BULKHEAD_EVENT, or of the MESSAGE_ID where it has none; empty: neither.
    public let event: String
    /// Nil where it is no word of ours.
    public let kind: AuditKind?
    /// Microseconds since the epoch: as the record says, or, where it is not trusted, as journald does.
    public let at: Int64
    /// Microseconds since the epoch, as journald received it.
    public let received: Int64
    /// Why it is not taken for what it says; nil: Bulkhead wrote it as it stands here.
    public let distrust: Distrust?
    /// All fields, also those of journald; long values are cut.
    public let fields: [String: String]

    public enum Distrust: Hashable, Sendable {
        /// Another process wrote it.
        case writer(String)
        case noHash
        /// It is not what was hashed.
        case otherHash
    }

    /// Of one entry: more than any record has.
    public static let fieldsMax = 128

    /// Nil where the entry does not even say that it is one.
    ///
    /// - Parameters:
    ///   - entry: its fields by name, also those that journald added.
    ///   - received: when journald got it, in microseconds since the epoch.
    ///   - hash: SHA-256.
    public init?(
        _ entry: [String: [UInt8]], received: UInt64, hash: ([UInt8]) -> [UInt8]
    ) {
        var word = entry[AuditField.event].map(Self.text) ?? ""
        if word.isEmpty, let id = entry[AuditField.messageID].map(Self.text) {
            word = Self.kindsByID[id]?.rawValue ?? ""
        }
        let marks = [AuditField.chain, AuditField.sequence, AuditField.hash]
        if word.isEmpty && !marks.contains(where: { entry[$0] != nil }) { return nil }
        event = word
        kind = AuditKind(rawValue: word)
        self.received = Int64(clamping: received)
        distrust = Self.distrust(of: entry, hash: hash)
        var fields: [String: String] = [:]
        // The first by name: which they are must not depend on chance.
        for name in entry.count > Self.fieldsMax
            ? Array(entry.keys.sorted().prefix(Self.fieldsMax)) : Array(entry.keys)
        {
            fields[name] = Self.text(entry[name] ?? [])
        }
        self.fields = fields
        let said = fields[AuditField.at].flatMap { Int64($0) }
        at = distrust == nil ? said ?? self.received : self.received
    }

    public var isTrusted: Bool { distrust == nil }
    public var isRepublished: Bool { fields[AuditField.republished] == "1" }
    public var isRefused: Bool { isTrusted && fields[AuditField.result] == "refused" }

    /// The value of a field; empty where it has none.
    public func text(_ name: String) -> String { fields[name] ?? "" }

    /// `shop`, `shop/web`, or empty: the supervisor's own.
    var subject: String {
        let workload = text(AuditField.workload)
        return text(AuditField.project) + (workload.isEmpty ? "" : "/\(workload)")
    }

    /// The message without its subject in front.
    var message: String {
        let whole = text(AuditField.message)
        let prefix = "\(subject): "
        guard whole.utf8.starts(with: prefix.utf8) else { return whole }
        return String(whole.utf8.dropFirst(prefix.utf8.count)) ?? whole
    }

    /// Its place in the chain, as it says.
    public var sequence: UInt64 { UInt64(text(AuditField.sequence)) ?? 0 }

    /// How many of it are told of at once.
    var count: Int { min(max(1, Int(text(AuditField.count)) ?? 1), Self.countMax) }

    /// More is made up, and as many as there may be of these can be added up.
    private static let countMax = 1_000_000_000_000

    /// Of syslog(3).
    var priority: Int { min(max(Int(text(AuditField.priority)) ?? 6, 0), 7) }

    private static let kindsByID = Dictionary(
        uniqueKeysWithValues: AuditKind.allCases.map { ($0.messageID, $0) })

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(AuditEntry.valueBytesMax), as: UTF8.self)
    }
}

// MARK: Trust

extension AuditEvent {
    private static func distrust(
        of entry: [String: [UInt8]], hash: ([UInt8]) -> [UInt8]
    ) -> Distrust? {
        let user = entry["_UID"].map(text)
        let program = entry["_EXE"] ?? entry["_COMM"]
        let name = program.map(text)?.split(separator: "/").last.map(String.init)
        // journald asks the kernel who writes; the name it may miss of a process that is gone.
        let isOurs =
            name == nil
            ? entry["_SYSTEMD_UNIT"].map(text) == "bulkhead.service" : name == "bulkheadd"
        if user != "0" || !isOurs {
            guard let user else { return .writer("nobody that journald knows") }
            return .writer("uid \(user)" + (name.map { ", \($0)" } ?? ""))
        }
        guard let claimed = entry[AuditField.hash] else { return isBeside(entry) ? nil : .noHash }
        var bytes: [UInt8] = []
        for name in entry.keys.filter(AuditField.isChained).sorted() {
            AuditRecord.append(name.utf8, entry[name] ?? [], to: &bytes)
        }
        return hexadecimal(hash(bytes)).utf8.elementsEqual(claimed) ? nil : .otherHash
    }
}

extension AuditEvent {
    /// Whether bulkheadd says such a thing beside the trail too, and it has no place in a chain.
    private static func isBeside(_ entry: [String: [UInt8]]) -> Bool {
        let kind = entry[AuditField.event].flatMap { AuditKind(rawValue: text($0)) }
        let hasPlace = [AuditField.chain, AuditField.sequence].contains { entry[$0] != nil }
        return !hasPlace && kind.map(AuditKind.unchainedKinds.contains) ?? false
    }
}

extension AuditEvent.Distrust {
    /// Why, for a person; what comes from the entry is made printable.
    var text: String {
        switch self {
        case .writer(let who): "written by \(printable(who))"
        case .noHash: "it has no hash"
        case .otherHash: "its hash is not that of what it says"
        }
    }
}
