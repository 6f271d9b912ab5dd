/// The name of a sandbox: a DNS label (RFC 1123 section 2.1): 1 to 63 of `a–z`, `0–9` and `-`,
/// neither first nor last a hyphen. So it is at once a safe file name, unit name and host name.
public struct SandboxName: Hashable, Sendable {
    public let text: String

    /// Throws `InvalidValue` where `text` is no DNS label.
    public init(_ text: String) throws(InvalidValue) {
        let subject = "sandbox name"
        let hint = "use 1 to 63 of a-z, 0-9 and '-', for example build-17"
        let bytes = Array(text.utf8)
        if bytes.isEmpty { throw InvalidValue(subject, text, "is empty", hint: hint) }
        if bytes.count > 63 {
            throw InvalidValue(
                subject, text, "has \(bytes.count) bytes, at most 63 fit", hint: hint)
        }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"):
                continue
            default: throw InvalidValue(subject, text, "is not a DNS label", hint: hint)
            }
        }
        if bytes.first == UInt8(ascii: "-") || bytes.last == UInt8(ascii: "-") {
            throw InvalidValue(subject, text, "begins or ends with '-'", hint: hint)
        }
        self.text = text
    }
}
