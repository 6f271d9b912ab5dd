internal import Plan

/// What is signed and put outside: that a chain had this record at this place.
///
/// One line: `bulkhead-head 1 CHAIN SEQUENCE HASH AT KEY SIGNATURE`, of which the signature is over all
/// before its space. The key is named by the first 16 digits of its SHA-256.
public struct AuditStatement: Hashable, Sendable {
    public let chain: String
    public let sequence: UInt64
    public let hash: AuditHash
    /// Microseconds since the epoch.
    public let at: Int64
    public let key: String

    public init(chain: String, sequence: UInt64, hash: AuditHash, at: Int64, key: String) {
        self.chain = chain
        self.sequence = sequence
        self.hash = hash
        self.at = at
        self.key = key
    }

    /// What the signature is over.
    public var text: String {
        "bulkhead-head 1 \(chain) \(sequence) \(hash.text) \(at) \(key)"
    }

    /// The whole line, without a newline.
    public func line(signature: [UInt8]) -> String { "\(text) \(hexadecimal(signature))" }

    /// Reads a line; nil where it is none, or where its number is none that a record can have.
    public static func parse(_ line: some StringProtocol) -> (AuditStatement, signature: [UInt8])? {
        let words = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { String(decoding: Array($0), as: UTF8.self) }
        guard words.count == 8, words[0] == "bulkhead-head", words[1] == "1",
            let sequence = UInt64(words[3]), String(sequence) == words[3],
            sequence > 0, sequence <= UInt64(Int64.max),
            let hash = AuditHash(text: words[4]), let at = Int64(words[5]),
            String(at) == words[5], let signature = decodedHex(words[7].utf8),
            signature.count == 64
        else { return nil }
        return (
            AuditStatement(
                chain: words[2], sequence: sequence, hash: hash, at: at, key: words[6]), signature
        )
    }
}
