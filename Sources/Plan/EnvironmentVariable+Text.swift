extension EnvironmentVariable {
    /// MAX_ARG_STRLEN of linux/binfmts.h, which counts the NUL: execve(2) takes no longer string.
    public static let bytesMax = 131_071

    /// Reads `NAME=VALUE`; the value may be empty and is taken as it is.
    ///
    /// - Parameter subject: where it was written, in the operator's words: `--env`.
    public init(parsing text: String, for subject: String) throws(InvalidValue) {
        self = try Plan.parsing(text, for: subject, hint: "write NAME=VALUE") {
            () throws(Refusal) in try EnvironmentVariable(token: text)
        }
    }

    private init(token text: String) throws(Refusal) {
        if text.isEmpty { throw Refusal("is empty") }
        if text.utf8.contains(0) { throw Refusal("contains a NUL byte") }
        if text.utf8.count > Self.bytesMax {
            throw Refusal("is longer than \(Self.bytesMax) bytes")
        }
        guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            throw Refusal(
                "has no '='", hint: "write NAME=VALUE; nothing is taken over from the host")
        }
        let name = text[..<equals]
        if name.isEmpty { throw Refusal("has no name before the '='") }
        for byte in name.utf8 where !(UInt8(ascii: "!")...UInt8(ascii: "~")).contains(byte) {
            let hint = name.utf8.starts(with: "export ".utf8) ? "leave out 'export'" : nil
            throw Refusal("has a name with more than printable ASCII", hint: hint)
        }
        self.init(name: String(name), value: String(text[text.utf8.index(after: equals)...]))
    }
}

extension EnvironmentVariable {
    /// As environ(7) and execve(2) want it.
    public var assignment: String { "\(name)=\(value)" }
}
