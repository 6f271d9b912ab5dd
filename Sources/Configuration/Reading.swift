package import Plan

/// What goes along while values are read: the way to where we are, and what was found wrong.
package struct Reading {
    /// Files are read piece by piece first, then each project once more with all it inherits.
    enum Pass { case piece, whole }

    var pass: Pass = .piece
    private(set) var path = ""
    private(set) var problems = ProblemList()
    private(set) var unused: [UnusedKey] = []

    /// Reads what is at `name` below here.
    package mutating func within(_ name: String, _ read: (inout Reading) -> Void) {
        let before = path
        path = below(name)
        read(&self)
        path = before
    }

    func below(_ name: String) -> String {
        path.isEmpty ? escaped(name) : "\(path).\(escaped(name))"
    }

    /// Whether a suggestion would still be printed; looking for one takes its time.
    var wantsSuggestions: Bool {
        problems.problems.count < ConfigurationError.problemsMax
    }

    mutating func add(_ problem: Problem) { problems.add(problem) }

    /// In the second pass only, what is new: the pieces' own problems are known.
    package mutating func refuse(_ position: Position, _ reason: String, hint: String? = nil) {
        if pass == .whole, problems.concerns(position) { return }
        problems.add(Problem(position, path, reason, hint: hint))
    }

    package mutating func refuse(_ position: Position, _ error: InvalidValue) {
        refuse(position, "\(error.value): \(error.reason)", hint: error.hint)
    }

    /// Limits of quotas.d for what is not there any more.
    mutating func noteUnused(layer path: String, _ position: Position) {
        unused.append(UnusedKey(position: position, path: "projects.\(printable(path))"))
    }

    mutating func noteUnused(_ position: Position) {
        if pass == .piece { unused.append(UnusedKey(position: position, path: path)) }
    }
}

/// A key that was understood and changes nothing.
public struct UnusedKey: Hashable, Sendable, CustomStringConvertible {
    public let position: Position
    /// `projects.shop.storage`.
    public let path: String

    /// `bulkhead.yaml:3:5: projects.shop.storage: accepted, not used`.
    public var description: String { "\(position): \(path): accepted, not used" }
}
