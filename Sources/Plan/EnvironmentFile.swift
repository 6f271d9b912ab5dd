/// A file of environment variables (`--env-file`): one `NAME=VALUE` a line.
///
/// Blank lines and lines that begin with `#` are passed over, blanks before a name too. A value is
/// everything after the first `=`, as it stands: quotes and dollars mean nothing. A name given twice
/// is refused, since one of the two would be silently lost.
public struct EnvironmentFile: Hashable, Sendable {
    public let variables: [EnvironmentVariable]

    /// Larger than what execve(2) takes in all under the usual stack limit would be pointless.
    public static let bytesMax = 1 << 20
    /// More than anyone writes by hand, so few that looking for a double in a line costs nothing.
    public static let variablesMax = 1_000

    /// - Parameter path: the file's name, only for errors: `build.env:3`.
    public init(parsing bytes: [UInt8], path: String) throws(InvalidValue) {
        let name = escaped(path)
        if bytes.count > Self.bytesMax {
            throw InvalidValue(
                "--env-file", path, "is larger than \(Bytes(UInt64(Self.bytesMax)))")
        }
        var variables: [EnvironmentVariable] = []
        var lines: [(name: String, line: Int)] = []
        let newline = UInt8(ascii: "\n")
        let split = bytes.split(separator: newline, omittingEmptySubsequences: false)
        for (index, line) in split.enumerated() {
            let blanks = [UInt8(ascii: " "), UInt8(ascii: "\t")]
            let text = line.drop { blanks.contains($0) }
            if text.isEmpty || text.first == UInt8(ascii: "#") { continue }
            let subject = "\(name):\(index + 1)"
            let variable = try Self.variable(text, for: subject)
            if let earlier = lines.first(where: { $0.name.utf8.elementsEqual(variable.name.utf8) })
            {
                throw InvalidValue(
                    subject, variable.name, "was given in line \(earlier.line) already",
                    hint: "keep one of the two lines")
            }
            if variables.count == Self.variablesMax {
                throw InvalidValue(
                    subject, variable.name, "is one more than \(Self.variablesMax) variables")
            }
            lines.append((variable.name, index + 1))
            variables.append(variable)
        }
        self.variables = variables
    }

    private static func variable(
        _ line: ArraySlice<UInt8>, for subject: String
    ) throws(InvalidValue) -> EnvironmentVariable {
        guard let text = String(validating: line, as: UTF8.self) else {
            throw InvalidValue(
                subject, String(decoding: line, as: UTF8.self), "is not UTF-8",
                hint: "convert the file, for example: iconv -f latin1 -t utf-8")
        }
        if line.last == UInt8(ascii: "\r") {
            throw InvalidValue(
                subject, text, "ends in a carriage return",
                hint: "convert the file, for example: sed -i 's/\\r$//' FILE")
        }
        return try EnvironmentVariable(parsing: text, for: subject)
    }
}
