/// Which seccomp profile is meant: one that is installed, by its name, or a file, by its path.
public struct ProfileReference: Hashable, Sendable {
    /// A name, or an absolute path: only a path contains a slash.
    public let text: String

    public var isPath: Bool { text.utf8.first == UInt8(ascii: "/") }

    /// Reads `strict` or `./mine.json`.
    ///
    /// - Parameters:
    ///   - base: the current directory, nil where it is gone.
    ///   - subject: what the profile is for, in the operator's words: `--seccomp`.
    public init(parsing text: String, base: String?, for subject: String) throws(InvalidValue) {
        if text.utf8.contains(UInt8(ascii: "/")) {
            self.text = try PlainPath(onHost: text, base: base, for: subject).text
            return
        }
        let hint =
            "name an installed profile (bulkhead profile list), or a file with a '/' in its path"
        self.text = try Plan.parsing(text, for: subject, hint: hint) { () throws(Refusal) in
            if text.utf8.reversed().starts(with: ".json".utf8.reversed()) {
                throw Refusal(
                    "is no profile's name",
                    hint: "for the file of that name, write ./\(escaped(text))")
            }
            if text.utf8.count > 64 { throw Refusal("is longer than 64 bytes") }
            for (index, byte) in try token(text).enumerated() {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    continue
                case UInt8(ascii: "-") where index > 0, UInt8(ascii: "_") where index > 0,
                    UInt8(ascii: ".") where index > 0:
                    continue
                default: throw Refusal("is no profile's name")
                }
            }
            return text
        }
    }
}
