/// Why somebody wants something, in their own words: kept in the audit trail, and meaning nothing to
/// Bulkhead.
public struct StatedReason: Hashable, Sendable {
    /// May hold any character: `printable` where it is shown.
    public let text: String

    /// A few sentences.
    public static let bytesMax = 1_024

    public init(_ text: String, for subject: String) throws(InvalidValue) {
        if text.utf8.count > Self.bytesMax {
            throw InvalidValue(
                subject, text, "is longer than \(Self.bytesMax) bytes",
                hint: "say it in short, and where more of it is written")
        }
        self.text = text
    }
}
