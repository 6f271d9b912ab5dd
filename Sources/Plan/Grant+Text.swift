/// `PATH[:AT]` is split at its only bare colon. A colon that belongs to a path is written `\:`, a
/// backslash `\\`; a backslash before anything else is refused rather than guessed at.
extension Grant {
    public enum Access: Hashable, Sendable {
        case readOnly
        case writable
    }

    /// Reads the value of `--ro` or `--rw`: a path on the host, and where the sandbox has it; left
    /// out, at the path it has on the host.
    ///
    /// - Parameter base: the current directory, nil where it is gone.
    public init(
        parsing text: String, access: Access, base: String?, for subject: String
    ) throws(InvalidValue) {
        let hint = "write PATH or PATH:AT, with a colon in a path written '\\:'"
        self = try Plan.parsing(text, for: subject, hint: hint) { () throws(Refusal) in
            let (first, second) = try splitAtColon(text)
            let path = try PlainPath(onHost: first, base: base)
            let at = if let second { try PlainPath(inSandbox: second) } else { path }
            if at.text == "/" {
                throw Refusal("would cover the root", hint: "give another root with --root DIR")
            }
            switch access {
            case .readOnly: return .readOnly(path: path.text, at: at.text)
            case .writable: return .writable(path: path.text, at: at.text)
            }
        }
    }

    /// Reads the value of `--tmpfs`: `AT[:SIZE]`.
    public init(parsingTmpfs text: String, for subject: String) throws(InvalidValue) {
        let hint = "write AT or AT:SIZE, for example /scratch:64M"
        self = try Plan.parsing(text, for: subject, hint: hint) { () throws(Refusal) in
            let (first, second) = try splitAtColon(text)
            let at = try PlainPath(inSandbox: first)
            if at.text == "/" { throw Refusal("would cover the root") }
            guard let second else { return .tmpfs(at: at.text, size: nil) }
            let size = try Bytes(token: second)
            // tmpfs(5): a size of 0 means no limit at all, and less than a page is rounded up.
            if size < .kibibytes(4) {
                throw Refusal("has a size below one page", hint: "write at least \(at.text):4K")
            }
            return .tmpfs(at: at.text, size: size)
        }
    }

    /// Where in the sandbox it appears.
    public var at: String {
        switch self {
        case .readOnly(_, let at), .writable(_, let at), .tmpfs(let at, _): at
        }
    }
}

/// The parts before and after the bare colon, escapes undone.
private func splitAtColon(_ text: String) throws(Refusal) -> (String, String?) {
    var parts: [[UInt8]] = [[]]
    var escaped = false
    for byte in text.utf8 {
        switch (byte, escaped) {
        case (UInt8(ascii: ":"), true), (UInt8(ascii: "\\"), true):
            parts[parts.count - 1].append(byte)
            escaped = false
        case (_, true):
            throw Refusal("has a backslash before something that is neither ':' nor '\\'")
        case (UInt8(ascii: "\\"), false): escaped = true
        case (UInt8(ascii: ":"), false): parts.append([])
        case (_, false): parts[parts.count - 1].append(byte)
        }
    }
    if escaped { throw Refusal("ends in a bare backslash") }
    switch parts.count {
    case 1: return (String(decoding: parts[0], as: UTF8.self), nil)
    case 2:
        return (
            String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self)
        )
    default: throw Refusal("has more than one bare colon")
    }
}
