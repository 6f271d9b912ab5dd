/// A signal's number on x86-64: signal(7).
public struct SignalNumber: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Asks a process to end.
    public static let terminate = SignalNumber(rawValue: 15)
    /// `SIGRTMAX`.
    public static let most: UInt8 = 64

    /// Those with a name of their own, from 1 on; 16 and 30 have it on Linux only.
    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
        "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
        "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ]

    /// Reads `TERM`, `SIGTERM`, `term` or `15`.
    ///
    /// - Parameter subject: what the signal is for, in the operator's words: `--signal`.
    public init(parsing text: String, for subject: String) throws(InvalidValue) {
        let hint = "write a name such as TERM, or a number from 1 to \(Self.most)"
        self = try Plan.parsing(text, for: subject, hint: hint) { () throws(Refusal) in
            let bytes = try token(text)
            if bytes.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
                return SignalNumber(
                    rawValue: UInt8(try wholeNumber(text, in: 1...UInt64(Self.most))))
            }
            var name = text.uppercased()
            if name.utf8.starts(with: "SIG".utf8) { name = String(name.dropFirst(3)) }
            guard let index = Self.names.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) })
            else {
                throw Refusal(
                    "is no signal",
                    hint: nearest(to: name, in: Self.names).map { "did you mean \($0)?" })
            }
            return SignalNumber(rawValue: UInt8(index + 1))
        }
    }
}

extension SignalNumber: CustomStringConvertible {
    /// `SIGTERM`, or `signal 40` for one without a name of its own.
    public var description: String {
        let index = Int(rawValue) - 1
        return Self.names.indices.contains(index)
            ? "SIG\(Self.names[index])" : "signal \(rawValue)"
    }
}
