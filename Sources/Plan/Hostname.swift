/// A host name: labels of RFC 1123 with dots between them, in all no longer than the kernel keeps.
public struct Hostname: Hashable, Sendable {
    public let text: String

    /// __NEW_UTS_LEN of linux/utsname.h; uname(2).
    public static let bytesMax = 64

    /// - Parameter subject: what the name is for, in the operator's words: `--hostname`.
    public init(parsing text: String, for subject: String) throws(InvalidValue) {
        let hint = "use letters, digits and '-', with dots between labels, for example build-17"
        self.text = try Plan.parsing(text, for: subject, hint: hint) { () throws(Refusal) in
            _ = try token(text)
            if text.utf8.count > Self.bytesMax {
                throw Refusal("is longer than \(Self.bytesMax) bytes")
            }
            let labels = text.utf8.split(
                separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            for label in labels { try Self.check(label) }
            return text
        }
    }

    private static func check(_ label: Substring.UTF8View) throws(Refusal) {
        if label.isEmpty { throw Refusal("has an empty label") }
        if label.count > 63 { throw Refusal("has a label of more than 63 bytes") }
        for byte in label {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                continue
            default: throw Refusal("is not made of letters, digits and '-'")
            }
        }
        if label.first == UInt8(ascii: "-") || label.last == UInt8(ascii: "-") {
            throw Refusal("has a label that begins or ends with '-'")
        }
    }
}
