public import Plan

/// A moment to begin with, as an operator writes it.
public enum LogTime: Hashable, Sendable {
    case ago(Milliseconds)
    /// In the time zone of this machine.
    case local(year: Int32, month: Int32, day: Int32, hour: Int32, minute: Int32, second: Int32)

    /// Reads `10m` (ago), `2026-11-21`, `2026-11-21T09:30` or `2026-11-21 09:30:15`.
    init(parsing text: String, for subject: String) throws(InvalidValue) {
        // A date is told from a span by its first hyphen.
        if text.utf8.count < 10 || !text.utf8.contains(UInt8(ascii: "-")) {
            self = .ago(try Milliseconds(parsing: text, for: subject))
            return
        }
        let bytes = Array(text.utf8)
        let separators: [Int: [UInt8]] = [
            4: [UInt8(ascii: "-")], 7: [UInt8(ascii: "-")],
            10: [UInt8(ascii: "T"), UInt8(ascii: " ")], 13: [UInt8(ascii: ":")],
            16: [UInt8(ascii: ":")],
        ]
        var fields: [Int32] = [0]
        for (index, byte) in bytes.enumerated() {
            if let allowed = separators[index] {
                if !allowed.contains(byte) { throw Self.wrong(text, subject) }
                fields.append(0)
            } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), index < 19 {
                fields[fields.count - 1] =
                    fields[fields.count - 1] * 10 + Int32(byte - UInt8(ascii: "0"))
            } else {
                throw Self.wrong(text, subject)
            }
        }
        guard [10, 16, 19].contains(bytes.count) else { throw Self.wrong(text, subject) }
        fields += [0, 0, 0]
        guard (1970...9_999).contains(fields[0]), (1...12).contains(fields[1]),
            (1...31).contains(fields[2]), fields[3] < 24, fields[4] < 60, fields[5] < 60
        else { throw Self.wrong(text, subject) }
        self = .local(
            year: fields[0], month: fields[1], day: fields[2], hour: fields[3], minute: fields[4],
            second: fields[5])
    }

    private static func wrong(_ text: String, _ subject: String) -> InvalidValue {
        InvalidValue(
            subject, text, "is no time",
            hint: "write 10m for ten minutes ago, or a time such as 2026-11-21T09:30")
    }
}
