/// The name of a project: 1 to 48 of `A–Z`, `a–z`, `0–9`, `_`, `.` and `-`, beginning with a letter
/// or a digit. So it is a safe file name, and short enough for every name that is made of it.
public struct ProjectName: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let text: String

    /// Throws `InvalidValue` where `text` is no such name.
    public init(_ text: String) throws(InvalidValue) {
        try checkName(
            text, for: "project name", lengthMax: 48,
            hint: "use 1 to 48 of letters, digits, '_', '.' and '-', for example shop or api-gw")
        self.text = text
    }

    public var description: String { text }

    public static func < (left: ProjectName, right: ProjectName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    /// The name as part of a unit's name, where `-` separates the levels of slices:
    /// systemd-escape(1), systemd.unit(5).
    public var unitPart: String {
        let digits = Array("0123456789abcdef".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte == UInt8(ascii: "-") {
                bytes += [UInt8(ascii: "\\"), UInt8(ascii: "x")]
                bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The name as a DNS label (RFC 1123 section 2.1), for the host name inside.
    public var hostname: String {
        var bytes: [UInt8] = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
            case UInt8(ascii: "_"), UInt8(ascii: "."): UInt8(ascii: "-")
            default: byte
            }
        }
        while bytes.last == UInt8(ascii: "-") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The name of a workload within its project, of the same letters: `web`, `build-17`.
public struct WorkloadName: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let text: String

    /// Throws `InvalidValue` where `text` is no such name.
    public init(_ text: String) throws(InvalidValue) {
        try checkName(
            text, for: "workload name", lengthMax: 48,
            hint: "use 1 to 48 of letters, digits, '_', '.' and '-', for example web or build-17")
        self.text = text
    }

    public var description: String { text }

    public static func < (left: WorkloadName, right: WorkloadName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}

private func checkName(
    _ text: String, for subject: String, lengthMax: Int, hint: String
) throws(InvalidValue) {
    if text.isEmpty { throw InvalidValue(subject, text, "is empty", hint: hint) }
    let count = text.utf8.count
    if count > lengthMax {
        throw InvalidValue(
            subject, text, "has \(count) bytes, at most \(lengthMax) fit", hint: hint)
    }
    for (index, byte) in text.utf8.enumerated() {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            continue
        case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
            if index > 0 { continue }
            throw InvalidValue(subject, text, "begins with neither letter nor digit", hint: hint)
        default:
            throw InvalidValue(subject, text, "has a character that names have not", hint: hint)
        }
    }
}
