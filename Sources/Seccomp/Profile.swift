/// One profile as one file says it, before its parents are looked at: config-linux.md of the OCI
/// runtime specification, section Seccomp, with `extends` and `comment` added.
public struct Profile: Hashable, Sendable {
    /// Where it was read: a path, or a word where it was no file.
    public let file: String
    public let comment: String?
    /// Names of the profiles it builds on, in order.
    public let parents: [Parent]
    /// Nil: that of the parents.
    public let defaultAction: Action?
    public let groups: [RuleGroup]

    public struct Parent: Hashable, Sendable {
        public let name: String
        /// Where it is named, for errors.
        public let location: Location
    }
}

/// Calls that share an answer, the conditions for it, and the reason.
public struct RuleGroup: Hashable, Sendable {
    public var names: [String]
    public let action: Action
    /// All of them must hold; none: always.
    public let conditions: [Condition]
    public let comment: String?
    /// The file that says so.
    public let origin: String
}

/// A place in a text.
public struct Location: Hashable, Sendable {
    public let file: String
    /// From 1. Zero: the file as a whole.
    public let line: Int
    /// From 1, in characters.
    public let column: Int

    init(_ file: String, _ line: Int = 0, _ column: Int = 0) {
        self.file = file
        self.line = line
        self.column = column
    }
}

extension Location: CustomStringConvertible {
    public var description: String {
        line == 0 ? printable(file) : "\(printable(file)):\(line):\(column)"
    }
}
