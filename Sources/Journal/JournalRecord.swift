/// One record for journald in its native protocol: `NAME=VALUE` and a newline, or, where the value has
/// newlines itself, NAME, newline, its length as eight bytes (the lowest first), the value, newline.
/// https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
struct JournalRecord {
    private(set) var bytes: [UInt8] = []

    /// - Parameter name: capital letters, digits and `_`, not beginning with `_`: those that begin so
    ///   are journald's own.
    mutating func append(_ name: String, _ value: String) {
        append(name, value.utf8.prefix(Self.valueBytesMax))
    }

    mutating func append(_ name: String, _ value: some Collection<UInt8>) {
        bytes.append(contentsOf: name.utf8)
        if value.contains(UInt8(ascii: "\n")) {
            bytes.append(UInt8(ascii: "\n"))
            let count = UInt64(value.count)
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: count >> shift))
            }
        } else {
            bytes.append(UInt8(ascii: "="))
        }
        bytes.append(contentsOf: value)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// With half a dozen fields of this length a record fits into one datagram of any socket
    /// (socket(7): net.core.wmem_default is 212,992), and needs no file to be passed.
    static let valueBytesMax = 16_384
}
