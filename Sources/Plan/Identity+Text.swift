extension Identity {
    /// A sandbox has 65,536 ids; the last one is what 16-bit system calls return for an error.
    public static let idMax: UInt32 = 65_534

    /// Reads `UID[:GID]`; without a GID, the group has the user's number.
    ///
    /// - Parameter subject: what the ids are for, in the operator's words: `--user`.
    public init(parsing text: String, for subject: String) throws(InvalidValue) {
        let hint = "write UID or UID:GID in numbers from 0 to \(Self.idMax), for example 1000:1000"
        self = try Plan.parsing(text, for: subject, hint: hint) { () throws(Refusal) in
            let parts = text.split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let range = 0...UInt64(Self.idMax)
            let user = UInt32(try wholeNumber(parts[0], in: range))
            if parts.count == 1 { return Identity(user: user, group: user) }
            return Identity(user: user, group: UInt32(try wholeNumber(parts[1], in: range)))
        }
    }
}
