internal import Plan

/// A record in its place in the chain, as the bytes that are hashed.
///
/// The bytes are all fields in the order of their names' bytes, each `NAME=LENGTH:VALUE` and a newline,
/// the length in decimal digits. So they can be made again from any copy of the record, wherever and
/// in whatever order its fields are kept, and no two records have the same.
public struct AuditRecord: Hashable, Sendable {
    public let sequence: UInt64
    public let bytes: [UInt8]

    public typealias Field = (name: String, value: [UInt8])

    /// Gives an entry its place.
    ///
    /// - Parameters:
    ///   - previous: the hash of the record before.
    ///   - at: microseconds since the epoch.
    public init(
        _ entry: AuditEntry, chain: String, sequence: UInt64, previous: AuditHash, at: Int64
    ) {
        self.sequence = sequence
        var fields: [(name: String, value: String)] = [
            (AuditField.message, Self.line(entry)), (AuditField.messageID, entry.kind.messageID),
            (AuditField.priority, String(entry.priority)), (AuditField.identifier, "bulkheadd"),
            (AuditField.event, entry.kind.rawValue), (AuditField.chain, chain),
            (AuditField.sequence, String(sequence)), (AuditField.previous, previous.text),
            (AuditField.at, String(at)),
        ]
        if let project = entry.project { fields.append((AuditField.project, project.text)) }
        if let workload = entry.workload { fields.append((AuditField.workload, workload.text)) }
        if let run = entry.run { fields.append((AuditField.run, run.description)) }
        fields += entry.details
        var bytes: [UInt8] = []
        bytes.reserveCapacity(640)
        for (name, value) in fields.sorted(by: { $0.name < $1.name }) {
            Self.append(name.utf8, AuditEntry.bounded(value).utf8, to: &bytes)
        }
        self.bytes = bytes
    }

    /// The record that `bytes` are, in another place of another chain; nil where they are no record's.
    public init?(
        moving bytes: [UInt8], to chain: String, sequence: UInt64, previous: AuditHash
    ) {
        guard let fields = Self.fields(of: bytes) else { return nil }
        self.sequence = sequence
        var moved: [UInt8] = []
        moved.reserveCapacity(bytes.count)
        for (name, value) in fields {
            switch name {
            case AuditField.chain: Self.append(name.utf8, chain.utf8, to: &moved)
            case AuditField.sequence: Self.append(name.utf8, String(sequence).utf8, to: &moved)
            case AuditField.previous: Self.append(name.utf8, previous.text.utf8, to: &moved)
            default: Self.append(name.utf8, value, to: &moved)
            }
        }
        self.bytes = moved
    }

    /// The value of one field of `bytes`; nil where there is none.
    public static func value(of name: String, in bytes: [UInt8]) -> String? {
        fields(of: bytes)?.first { $0.name == name }.map {
            String(decoding: $0.value, as: UTF8.self)
        }
    }

    /// The line begins with what it is about.
    private static func line(_ entry: AuditEntry) -> String {
        guard let project = entry.project else { return entry.message }
        guard let workload = entry.workload else { return "\(project.text): \(entry.message)" }
        return "\(project.text)/\(workload.text): \(entry.message)"
    }

    /// Appends one field as it is hashed.
    public static func append(
        _ name: some Sequence<UInt8>, _ value: some Collection<UInt8>, to bytes: inout [UInt8]
    ) {
        bytes.append(contentsOf: name)
        bytes.append(UInt8(ascii: "="))
        bytes.append(contentsOf: String(value.count).utf8)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(contentsOf: value)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// The fields that `bytes` hold, in their order; nil where they are no record's.
    public static func fields(of bytes: [UInt8]) -> [Field]? {
        var fields: [Field] = []
        var index = 0
        while index < bytes.count {
            guard let equals = bytes[index...].firstIndex(of: UInt8(ascii: "=")),
                let colon = bytes[equals...].firstIndex(of: UInt8(ascii: ":")),
                let count = Int(String(decoding: bytes[(equals + 1)..<colon], as: UTF8.self)),
                count >= 0, count < bytes.count - colon - 1,
                bytes[colon + 1 + count] == UInt8(ascii: "\n")
            else { return nil }
            let name = String(decoding: bytes[index..<equals], as: UTF8.self)
            fields.append((name, Array(bytes[(colon + 1)..<(colon + 1 + count)])))
            index = colon + count + 2
        }
        return fields
    }
}

/// The SHA-256 of a record's bytes: FIPS 180-4.
public struct AuditHash: Hashable, Sendable {
    public let bytes: [UInt8]

    /// Of what comes before the first record.
    public static let none = AuditHash(bytes: [UInt8](repeating: 0, count: 32))

    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// From 64 digits as `text` has them; nil where it is no such text.
    public init?(text: some StringProtocol) {
        guard let bytes = decodedHex(text.utf8), bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// 64 hexadecimal digits, small letters.
    public var text: String { hexadecimal(bytes) }
}
